"""A driver for Chromium without a network: opens pages, presses keys, clicks and taps.

It talks to Chromium over a pipe (``--remote-debugging-pipe``), so it needs no port and no separate
driver program; messages are JSON, each ended by a zero byte.
"""

import base64
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from browser import CHROMIUM, OWN_SERVICES


class Page:
    """The browser's only page; ``asked`` lists the addresses it requested."""

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self._out = os.fdopen(to_browser, "wb", buffering=0)
        self._in = os.fdopen(from_browser, "rb")
        self._number = 0
        self._session: str | None = None
        self._left = b""
        self.asked: list[str] = []
        self.complaints: list[str] = []

    def attach(self) -> Self:
        """Attach to the first page."""
        found = self._call("Target.getTargets")["targetInfos"]
        target = next(one for one in found if one["type"] == "page")["targetId"]
        attached = self._call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log", "Accessibility"):
            self._call(f"{domain}.enable")
        return self

    def open(
        self,
        path: Path,
        *,
        size: tuple[int, int] = (1280, 800),
        touch: bool = False,
        after: str = "",
        script: bool = True,
    ) -> None:
        """Open a file in a window of a given size and wait for its map.

        ``after`` is appended to the address; ``script`` off disables JavaScript.
        """
        self.asked.clear()
        self.complaints.clear()
        width, height = size
        self._call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=touch,
        )
        self._call("Emulation.setTouchEmulationEnabled", enabled=touch)
        self._call("Emulation.setScriptExecutionDisabled", value=not script)
        self._call("Page.navigate", url="about:blank")
        self._call("Page.navigate", url=path.as_uri() + after)
        if not script:  # the page cannot signal that it is ready
            while self._next().get("method") != "Page.loadEventFired":
                pass
            return
        ready = "document.documentElement.dataset.ready === 'true' && !!window.planner"
        self.wait(f"document.readyState === 'complete' && {ready}")  # all scripts have run

    def resize(self, width: int, height: int) -> None:
        self._call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def run(self, script: str) -> Any:
        """Return the value of an expression in the page, awaiting a promise."""
        answer = self._call(
            "Runtime.evaluate",
            expression=script,
            returnByValue=True,
            awaitPromise=True,
            userGesture=True,
        )
        if "exceptionDetails" in answer:
            raise AssertionError(answer["exceptionDetails"])
        return answer["result"].get("value")

    def wait(self, condition: str) -> None:
        """Wait up to 20 s until an expression is true."""
        self.run(
            "new Promise((done, fail) => { const start = performance.now(); const look = () => {"
            f" let held = false; try {{ held = !!({condition}); }} catch (error) {{}}"
            " if (held) done(true);"
            " else if (performance.now() - start > 20000) fail(new Error('never held'));"
            " else setTimeout(look, 16); }; look(); })"
        )

    def click(self, selector: str) -> None:
        """Click in the middle of an element."""
        x, y = self._middle(selector)
        for kind in ("mousePressed", "mouseReleased"):
            self._call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def tap(self, selector: str) -> None:
        """Tap the middle of an element."""
        x, y = self._middle(selector)
        self._call("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}])
        self._call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    def press(self, key: str) -> None:
        """Press and release a key by its name, such as Enter or Tab."""
        codes = {"Enter": 13, "Tab": 9, "Escape": 27, "ArrowDown": 40, "ArrowLeft": 37, " ": 32}
        text = {"Enter": "\r", " ": " "}.get(key, "")
        for kind in ("keyDown", "keyUp"):
            self._call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                code="Space" if key == " " else key,
                windowsVirtualKeyCode=codes[key],
                text=text if kind == "keyDown" else "",
            )

    def type(self, words: str) -> None:
        """Type into the focused element."""
        self._call("Input.insertText", text=words)

    def set_dark(self, *, on: bool) -> None:
        """Emulate the dark or light color scheme."""
        value = "dark" if on else "light"
        features = [{"name": "prefers-color-scheme", "value": value}]
        self._call("Emulation.setEmulatedMedia", features=features)

    def set_location(self, latitude: float, longitude: float) -> None:
        """Emulate a geolocation."""
        self._call("Browser.grantPermissions", permissions=["geolocation"], root=True)
        self._call(
            "Emulation.setGeolocationOverride",
            latitude=latitude,
            longitude=longitude,
            accuracy=12,
        )

    def list_accessible_names(self) -> list[tuple[str, str]]:
        """Return the role and name of each node in the accessibility tree."""
        nodes = self._call("Accessibility.getFullAXTree")["nodes"]
        return [
            (one["role"]["value"], one.get("name", {}).get("value", ""))
            for one in nodes
            if not one.get("ignored") and "role" in one
        ]

    def print(self) -> bytes:
        """Print the page and return the PDF."""
        made = self._call("Page.printToPDF", preferCSSPageSize=True, printBackground=True)
        return base64.b64decode(made["data"])

    def _middle(self, selector: str) -> tuple[float, float]:
        x, y = self.run(
            f"(() => {{ const one = document.querySelector({json.dumps(selector)});"
            " one.scrollIntoView({block: 'nearest'}); const at = one.getBoundingClientRect();"
            " return [at.x + at.width / 2, at.y + at.height / 2]; })()"
        )
        return x, y

    def _call(self, method: str, *, root: bool = False, **params: Any) -> Any:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if self._session is not None and not root:
            message["sessionId"] = self._session
        self._out.write(json.dumps(message).encode() + b"\0")
        while True:
            told = self._next()
            if told.get("id") == self._number:
                if "error" in told:
                    raise AssertionError(f"{method}: {told['error']['message']}")
                return told["result"]
            self._note(told)

    def _note(self, told: dict[str, Any]) -> None:
        params = told.get("params", {})
        if told.get("method") == "Network.requestWillBeSent":
            url = params["request"]["url"]
            if url.startswith(("http", "ws")) and not any(f"{s}/" in url for s in OWN_SERVICES):
                self.asked.append(url)
        if told.get("method") == "Runtime.exceptionThrown":
            self.complaints.append(str(params["exceptionDetails"]))
        if told.get("method") == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.complaints.append(params["entry"]["text"])

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._left:
            more = self._in.read1(1 << 20)
            if not more:
                raise AssertionError("the browser went away")
            self._left += more
        line, self._left = self._left.split(b"\0", 1)
        told: dict[str, Any] = json.loads(line)
        return told


@contextmanager
def browser(folder: Path) -> Iterator[Page]:
    """Start Chromium without a network, yield its page, and stop it afterward."""
    for_browser, to_browser = os.pipe()
    from_browser, by_browser = os.pipe()
    script = f'exec 3<&{for_browser} 4>&{by_browser}; exec "$@"'
    process = subprocess.Popen(
        [
            *("bash", "-c", script, "chromium", str(CHROMIUM)),
            *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
            *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
            *("--host-resolver-rules=MAP * ~NOTFOUND", "--hide-scrollbars"),
            *("--remote-debugging-pipe", f"--user-data-dir={folder / 'profile'}", "about:blank"),
        ],
        pass_fds=(for_browser, by_browser),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(for_browser)
    os.close(by_browser)
    page = Page(to_browser, from_browser)
    try:
        yield page.attach()
    finally:
        process.terminate()
        process.wait(20)
        page._out.close()
        page._in.close()
