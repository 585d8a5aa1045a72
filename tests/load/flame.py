# SPDX-License-Identifier: MIT
"""flame.py TITLE - `perf script` on stdin, a flame graph as SVG on stdout.

A box is a function, as wide as its share of the samples, and stands on what
called it; from left to right there is no order of time. Boxes of less than a
third of a percent are left out, and what the kernel calls below its first
functions. The colour says whose code it is.
"""
import re
import sys
from xml.sax.saxutils import escape

WIDTH, ROW, MARGIN, LEAST = 1000, 17, 10, 0.003
KERNEL_DEPTH = 6
OWNERS = [  # name, part of the file's name, colour
    ("rec-serve", "rec-serve", "#f2a65a"), ("libevent", "libevent", "#8fb8de"),
    ("jansson", "jansson", "#c9a6e0"), ("kernel", "[kernel", "#9ccc9c"),
    ("libc and others", "", "#cfcfcf")]
FRAME = re.compile(r"^\s+[0-9a-f]+ (.*) \(([^()]*(?:\([^()]*\))?[^()]*)\)$")


def owner(binary):
    return next(i for i, (_, part, _) in enumerate(OWNERS) if part in binary)


def samples(lines):
    """Stacks, the outermost function first."""
    stack, inside = [], False
    for line in lines:
        frame = FRAME.match(line)
        if frame:
            symbol, binary = frame.groups()
            name, who = symbol.split("+0x")[0], owner(binary)
            if name == "[unknown]":
                name = "in " + binary.rsplit("/", 1)[-1].split(".so")[0]
            if not stack or stack[-1] != (name, who):
                stack.append((name, who))
        elif not line.strip() and inside:
            yield stack[::-1]
            stack = []
        inside = bool(line.strip())
    if stack:
        yield stack[::-1]


def tree(stacks):
    root = [0, {}]      # samples, children by (name, owner)
    kernel = owner("[kernel")
    for stack in stacks:
        node, within = root, 0
        node[0] += 1
        for frame in stack:
            within += frame[1] == kernel
            if within > KERNEL_DEPTH:
                break
            node = node[1].setdefault(frame, [0, {}])
            node[0] += 1
    return root


def boxes(node, total, x=0, depth=0):
    """(x, depth, samples, name, owner), what is too narrow left out."""
    for (name, who), child in sorted(node[1].items()):
        if child[0] >= LEAST * total:
            yield x, depth, child[0], name, who
            yield from boxes(child, total, x, depth + 1)
        x += child[0]


def draw(title, total, all_boxes):
    scale = (WIDTH - 2 * MARGIN) / total
    height = (max(b[1] for b in all_boxes) + 1) * ROW + 70
    out = ['<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" '
           'viewBox="0 0 %d %d" font-family="sans-serif" font-size="11">'
           % (WIDTH, height, WIDTH, height),
           '<rect width="100%" height="100%" fill="#fff"/>',
           '<text x="%d" y="20" font-size="14">%s</text>'
           % (MARGIN, escape(title))]
    x = MARGIN
    for name, _, colour in OWNERS:
        out.append('<rect x="%d" y="30" width="11" height="11" fill="%s"/>'
                   '<text x="%d" y="40">%s</text>'
                   % (x, colour, x + 15, name))
        x += 35 + 7 * len(name)
    out.append('<text x="%d" y="40" text-anchor="end">%d samples</text>'
               % (WIDTH - MARGIN, total))
    for at, depth, n, name, who in all_boxes:
        x, y = MARGIN + at * scale, height - MARGIN - (depth + 1) * ROW
        out.append('<g><title>%s: %.1f %% (%s)</title><rect x="%.1f" y="%d" '
                   'width="%.1f" height="%d" fill="%s"/>'
                   % (escape(name), 100 * n / total, OWNERS[who][0], x, y,
                      max(n * scale - 0.6, 0.4), ROW - 1, OWNERS[who][2]))
        room = int((n * scale - 5) / 6.2)
        if room >= 5:
            text = name if len(name) <= room else name[:room - 1] + "…"
            out.append('<text x="%.1f" y="%d">%s</text>'
                       % (x + 3, y + 12, escape(text)))
        out.append("</g>")
    out.append("</svg>")
    return "\n".join(out) + "\n"


def main(title):
    root = tree(samples(sys.stdin))
    if not root[0]:
        raise SystemExit("flame.py: no samples")
    sys.stdout.write(draw(title, root[0], list(boxes(root, root[0]))))


if __name__ == "__main__":
    main(*sys.argv[1:])
