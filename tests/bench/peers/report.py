# SPDX-License-Identifier: MIT
"""report.py RESULTS PAGE - the tables of peers.sh, into PAGE (-: all of them to stdout).

In PAGE, what stands between `<!-- table NAME -->` and `<!-- end -->` is written
anew. NAME is a row, or machine.
"""
import os
import statistics
import sys

HEAD = ("case", "thr.", "party", "seconds", "min", "max", "CPU s", "peak MB",
        "times", "min", "max", "runs", "share", "quality")


def lines(folder):
    """The newest of each row, case, threads, party and round."""
    kept = {}
    with open(os.path.join(folder, "peers.tsv"), encoding="utf-8") as rows:
        for line in rows:
            f = line.rstrip("\n").split("\t")
            if len(f) != 10:
                sys.exit(f"report.py: {folder}/peers.tsv: a line has not 10 fields: remove {line}")
            kept[tuple(f[:5])] = f[5:]
    return kept


def grouped(kept):
    """row -> (case, threads) -> party -> round -> fields, all in the order of the file."""
    rows = {}
    for (row, case, threads, party, number), fields in kept.items():
        parties = rows.setdefault(row, {}).setdefault((case, threads), {})
        parties.setdefault(party, {})[int(number)] = fields
    return rows


def number(x):
    return f"{x:.3g}" if x < 1000 else f"{x:.0f}"


def measured(rounds):
    return {n: f for n, f in rounds.items() if n > 0 and f[0] != "-"}


def ratios(theirs, ours):
    """Of rounds that both have: each of theirs stands beside ours of the same round."""
    both = [(float(theirs[n][0]), float(ours[n][0])) for n in theirs if n in ours]
    return [t / o for t, o in both if o > 0]


def party_line(case, threads, party, rounds, ours, bound):
    """bound: seconds that this party cannot be below, or None."""
    have = measured(rounds)
    if not have:
        return (case, threads, party, *["-"] * 10, "none: " + next(iter(rounds.values()))[4])
    seconds = [float(f[0]) for f in have.values()]
    times = ratios(have, ours)
    spread = [statistics.median(times), min(times), max(times)] if times else []
    middle = statistics.median(seconds)
    return (case, threads, party, number(middle), number(min(seconds)), number(max(seconds)),
            number(statistics.median(float(f[1]) for f in have.values())),
            number(max(float(f[2]) for f in have.values()) / 1e6),
            *(f"{x:.2f}" for x in spread or ()), *([] if spread else ["-"] * 3), str(len(have)),
            f"{100 * bound / middle:.0f} %" if bound else "-",
            next((f[4] for f in have.values() if f[4]), ""))


def table(cases):
    out = [HEAD]
    for (case, threads), parties in cases.items():
        bound = next((float(f[0]) for f in parties.get("bound", {}).values()), None)
        names = [p for p in parties if p != "bound"]
        ours = measured(parties[names[0]]) if names else {}
        for p in names:
            at_least = bound if p == names[0] else None
            out.append(party_line(case, threads, p, parties[p], ours, at_least))
    widths = [max(len(line[i]) for line in out) for i in range(len(HEAD))]
    left = {0, 2, len(HEAD) - 1}
    text, last = [], None
    for line in out:
        if last is not None and line[:2] != last and last != HEAD[:2]:
            text.append("")
        last = line[:2]
        cells = [c.ljust(w) if i in left else c.rjust(w)
                 for i, (c, w) in enumerate(zip(line, widths))]
        text.append("  ".join(cells).rstrip())
    return "\n".join(text)


def loads(kept):
    seen = sorted(float(f[3]) for f in kept.values() if f[3] != "-")
    if not seen:
        return ""
    middle = statistics.median(seen)
    return f"load while they ran, own share included: median {middle}, most {seen[-1]}"


def main(folder, page):
    kept = lines(folder)
    rows = grouped(kept)
    with open(os.path.join(folder, "machine"), encoding="utf-8") as f:
        tables = {"machine": f.read().rstrip() + "\n" + loads(kept)}
    tables.update((row, table(cases)) for row, cases in rows.items())
    if page == "-":
        for name, text in tables.items():
            print(f"\n-- {name}\n{text}")
        return
    out, skipping = [], False
    with open(page, encoding="utf-8") as old:
        for line in old:
            if line.startswith("<!-- table "):
                name = line.split()[2]
                text = tables.get(name, f"not measured: ROWS={name} bash tests/bench/peers.sh")
                out.append(f"{line}```\n{text}\n```\n")
                skipping = True
            elif line.startswith("<!-- end"):
                skipping = False
            if not skipping:
                out.append(line)
    with open(page + ".new", "w", encoding="utf-8") as new:
        new.writelines(out)
    os.replace(page + ".new", page)


main(*sys.argv[1:])
