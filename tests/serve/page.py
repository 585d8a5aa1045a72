# SPDX-License-Identifier: MIT
"""page.py URL WANT TYPED [FOLDER]: the page of rec-serve, used as a person does.

Chromium without a screen, by its driver (WebDriver over HTTP). WANT has two
lines, of an item and of a user: label, title (of the user empty), and the titles
of the list that rec-topn gives, with TAB and `|` between. TYPED is a part of the
item's title. Pictures go to FOLDER. Prints a line for each thing that was done;
exit status 1 and what was wrong for the first one that fails.
"""
import base64
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

ENTER = "\ue007"
PORT = int(os.environ.get("DRIVER_PORT", "19515"))


class Browser:
    def __init__(self):
        self.driver = subprocess.Popen(["chromedriver", f"--port={PORT}"],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        options = {"args": ["--headless=new", "--no-sandbox", "--disable-gpu",
                            "--window-size=1200,900"]}
        capabilities = {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options,
                                        "goog:loggingPrefs": {"browser": "ALL"}}}
        self.at = f"http://127.0.0.1:{PORT}/session"
        self.at += "/" + self.again(lambda: self.call("POST", "", {"capabilities": capabilities}),
                                    30)["sessionId"]

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.at + path, data, method=method,
                                         headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def again(self, what, seconds=10):
        end = time.monotonic() + seconds
        while True:
            try:
                return what()
            except (OSError, AssertionError):
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)

    def run(self, script, *args):
        return self.call("POST", "/execute/sync", {"script": script, "args": list(args)})

    def keys(self, text):
        """Keys for what has the focus."""
        acts = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        self.call("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": acts}]})

    def click(self, css):
        found = self.call("POST", "/element", {"using": "css selector", "value": css})
        self.call("POST", f"/element/{list(found.values())[0]}/click", {})

    def words(self, css):
        return self.run("return [...document.querySelectorAll(arguments[0])].map(x => x.innerText)",
                        css)

    def picture(self, path):
        with open(path, "wb") as f:
            f.write(base64.b64decode(self.call("GET", "/screenshot")))

    def close(self):
        try:
            self.call("DELETE", "")
        finally:
            self.driver.kill()
            self.driver.wait()


def equal(what, a, b):
    assert a == b, f"{what}: {a!r}, not {b!r}"


def titles(b):
    """Of the first list: without the label behind them."""
    return b.run("""return [...document.querySelectorAll('#lists section:first-child .name')]
                    .map(x => x.firstChild.textContent.trim())""")


def add(b, text, title):
    b.click("#find")
    b.keys(text)
    b.again(lambda: equal("found", title in "".join(b.words("#found li:first-child")), True))
    b.keys(ENTER)
    b.again(lambda: equal("history", title in "".join(b.words("#history")), True))


def use(b, url, item, user, typed, folder):
    def shown(who):
        b.again(lambda: equal(f"list of {who[0]}", titles(b), who[2]))

    def done(what):
        print(what, flush=True)
        if folder:
            b.picture(f"{folder}/{what.replace(' ', '-')}.png")

    label, title, _ = item
    b.call("POST", "/url", {"url": url})
    b.again(lambda: equal("models", b.words("#about")[0].endswith("als and cosine"), True))
    add(b, typed, title)
    shown(item)
    whys = len(item[2])
    b.again(lambda: equal("reasons", len([w for w in b.words(".why") if title in w]) >= whys, True))
    equal("lists", b.words("#lists h2"), ["All models together", "Only als", "Only cosine"])
    done("an item by keyboard")

    first = titles(b)[0]
    b.click("#lists section:first-child li:first-child .do button")
    b.again(lambda: equal("history", first in "".join(b.words("#history")), True))
    b.again(lambda: equal("left out", first in titles(b), False))
    done("a click adds an item")
    b.call("POST", "/back", {})
    shown(item)
    b.call("POST", "/refresh", {})
    shown(item)
    done("back and reload")

    b.click("#history button")
    b.again(lambda: equal("nothing", b.words("#lists")[0][:11], "Add an item"))
    b.click("#user")
    b.keys(user[0] + ENTER)
    shown(user)
    equal("heading", b.words("#head"), ["For " + user[0]])
    done("a known user")
    field = b.call("POST", "/element", {"using": "css selector", "value": "#user"})
    b.run("arguments[0].value = ''", field)
    b.click("#user")
    b.keys("nobody <b>&" + ENTER)
    b.again(lambda: equal("heading", b.words("#head"), ["For nobody <b>&"]))
    done("a user whom nobody knows")

    b.call("POST", "/window/rect", {"width": 500, "height": 900})
    b.call("POST", "/url", {"url": url + "#item=" + urllib.parse.quote(label)})
    b.call("POST", "/refresh", {})
    shown(item)
    equal("wider than the window", b.run(
        "return document.documentElement.scrollWidth > window.innerWidth"), False)
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    b.call("POST", "/goog/cdp/execute", {"cmd": "Emulation.setEmulatedMedia",
                                         "params": {"features": dark}})
    equal("dark", b.run("return getComputedStyle(document.body).backgroundColor"),
          "rgb(22, 23, 22)")
    done("narrow and dark")
    bad = [e["message"] for e in b.call("POST", "/se/log", {"type": "browser"})
           if e["level"] == "SEVERE"]
    equal("errors of the page", bad, [])


def main():
    url, path, typed = sys.argv[1:4]
    folder = sys.argv[4] if len(sys.argv) > 4 else None
    with open(path, encoding="utf-8") as f:
        item, user = [line.rstrip("\n").split("\t") for line in f]
    for who in item, user:
        who[2] = who[2].split("|")
    b = Browser()
    try:
        use(b, url, item, user, typed, folder)
    except (AssertionError, urllib.error.HTTPError) as e:
        print(e, e.read().decode()[:300] if isinstance(e, urllib.error.HTTPError) else "")
        if folder:
            b.picture(f"{folder}/failed.png")
        sys.exit(1)
    finally:
        b.close()


if __name__ == "__main__":
    main()
