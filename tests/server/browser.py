"""A browser without a window, driven over its debugging pipe. Nothing is downloaded for it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from base64 import b64decode
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
FLAGS = (
    "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-default-apps --remote-debugging-pipe"
)
STARTER = (
    "import os, sys; os.dup2(int(sys.argv[1]), 3); os.dup2(int(sys.argv[2]), 4); "
    "os.execv(sys.argv[3], sys.argv[3:])"
)
"""The pipe is where the browser looks for it: at 3 and 4, which are taken here."""


class Browser:
    """One tab of a fresh browser. Use as a context.

    ``problems`` has what the tab complained of: errors of scripts, and what its rules kept out.
    """

    def __enter__(self) -> Browser:
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        pipes = [str(theirs_in), str(theirs_out)]
        browser = [str(PROGRAM), *FLAGS.split(), f"--user-data-dir={self._folder.name}"]
        self._process = subprocess.Popen(
            [sys.executable, "-c", STARTER, *pipes, *browser, "about:blank"],
            pass_fds=[theirs_in, theirs_out],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._replies = os.fdopen(self._in, "rb")
        self._rest, self._number, self._session = b"", 0, ""
        self._events: deque[dict[str, Any]] = deque()
        self.problems: list[str] = []
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        attached = self.ask("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for area in ("Page", "DOM", "Log", "Runtime"):
            self.ask(f"{area}.enable")
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._out)
        self._process.terminate()
        self._process.wait(30)
        self._replies.close()
        self._folder.cleanup()

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The answer to a command of the debugging protocol."""
        self._number += 1
        asked = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            asked["sessionId"] = self._session
        os.write(self._out, json.dumps(asked).encode() + b"\0")
        while True:
            told = self._next()
            if told.get("id") == self._number:
                assert "error" not in told, told
                result: dict[str, Any] = told["result"]
                return result
            self._note(told)

    def _note(self, told: dict[str, Any]) -> None:
        self._events.append(told)
        if told.get("method") == "Log.entryAdded":
            self.problems.append(told["params"]["entry"]["text"])
        if told.get("method") == "Runtime.exceptionThrown":
            self.problems.append(str(told["params"]["exceptionDetails"]))

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            data = self._replies.read1(65536)
            assert data, "the browser has ended"
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\0")
        found: dict[str, Any] = json.loads(line)
        return found

    def go(self, url: str) -> None:
        """Open an address and wait until it is there."""
        self._events.clear()
        self.ask("Page.navigate", url=url)
        self.loaded()

    def loaded(self) -> None:
        """Wait until the page that was asked for is there."""
        while not any(one.get("method") == "Page.loadEventFired" for one in self._events):
            self._note(self._next())
        self._events.clear()

    def choose(self, selector: str, *files: Path) -> None:
        """Choose files in a field, as if they had been dropped there."""
        root = self.ask("DOM.getDocument")["root"]["nodeId"]
        node = self.ask("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        names: Sequence[str] = [str(one) for one in files]
        self.ask("DOM.setFileInputFiles", nodeId=node, files=names)

    def press(self, selector: str) -> None:
        """Press a button, and wait for the page that it leads to."""
        self._events.clear()
        self.run(f"document.querySelector({selector!r}).click()")
        self.loaded()

    def run(self, expression: str) -> Any:
        """The value of an expression in the page."""
        told = self.ask(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    @property
    def text(self) -> str:
        """What the page shows."""
        return str(self.run("document.body.innerText"))

    def printed(self) -> bytes:
        """The page as it is printed, a PDF."""
        return b64decode(self.ask("Page.printToPDF", preferCSSPageSize=True)["data"])

    def picture(self, width: int, *, dark: bool = False) -> bytes:
        """The page as it looks, a PNG."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", features=[scheme])
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=800,
            deviceScaleFactor=1,
            mobile=False,
        )
        told = self.ask("Page.captureScreenshot", captureBeyondViewport=True)
        return b64decode(told["data"])
