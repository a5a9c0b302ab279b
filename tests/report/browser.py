"""A browser without a window, asked over a pipe: what a page loads, says and looks like."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PATIENCE = 60.0
"""An answer takes so long at most [s]."""


def find_browser() -> str | None:
    """Where a Chromium is, if there is one."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class Browser:
    """Chromium with one page; every event that it tells is kept.

    Attributes
    ----------
    events : list of dict
        Of the DevTools protocol: network requests, entries of the log and the console, exceptions.
    """

    def __init__(self, program: str) -> None:
        self.events: list[dict[str, Any]] = []
        self._number = 0
        self._rest = b""
        self._home = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        to_browser, self._write = os.pipe()
        self._read, from_browser = os.pipe()
        # The browser reads its orders from file 3 and answers on file 4.
        shell = 'exec 3<&"$1" 4>&"$2"; shift 2; exec "$@"'
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe",
                     "--no-first-run", "--disable-background-networking", "--disable-dev-shm-usage",
                     f"--user-data-dir={self._home.name}", "about:blank"]  # fmt: skip
        self._process = subprocess.Popen(
            ["bash", "-c", shell, "bash", str(to_browser), str(from_browser), program, *arguments],
            pass_fds=(to_browser, from_browser),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime", "Accessibility"):
            self.ask(f"{domain}.enable")

    _session = ""

    def __enter__(self) -> Browser:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(timeout=PATIENCE)
        for end in (self._write, self._read):
            os.close(end)
        self._home.cleanup()

    def ask(self, method: str, **words: Any) -> dict[str, Any]:
        """Give an order and wait for its answer."""
        self._number += 1
        order: dict[str, Any] = {"id": self._number, "method": method, "params": words}
        if self._session and not method.startswith("Target."):
            order["sessionId"] = self._session
        os.write(self._write, json.dumps(order).encode() + b"\0")
        while True:
            message = self._next()
            if message.get("id") == self._number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return dict(message["result"])
            self.events.append(message)

    def _next(self) -> dict[str, Any]:
        end = time.monotonic() + PATIENCE
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._read], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise TimeoutError("the browser does not answer")
            piece = os.read(self._read, 1 << 20)
            if not piece:
                raise RuntimeError("the browser has ended")
            self._rest += piece
        text, _, self._rest = self._rest.partition(b"\0")
        return dict(json.loads(text))

    def open(self, file: Path, width: int = 1200, height: int = 900, dark: bool = False) -> None:
        """Open a file as on a screen of this size [CSS pixels], and wait until it is loaded."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                 mobile=width < 700)  # fmt: skip
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.ask("Emulation.setEmulatedMedia", features=scheme)
        self.events.clear()
        self.ask("Page.navigate", url=file.as_uri())
        end = time.monotonic() + PATIENCE
        while self.value("document.readyState") != "complete" or self.value("location.href") == "about:blank":
            if time.monotonic() > end:
                raise TimeoutError("the page is never complete")
            time.sleep(0.05)

    def value(self, script: str) -> Any:
        """What an expression is worth on the page."""
        answer = self.ask("Runtime.evaluate", expression=script, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(str(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def said(self, *methods: str) -> list[dict[str, Any]]:
        """Events of these kinds since the page was opened."""
        return [event["params"] for event in self.events if event.get("method") in methods]

    def printed(self) -> bytes:
        """The page as PDF."""
        return base64.b64decode(self.ask("Page.printToPDF", printBackground=True)["data"])

    def picture(self, whole: bool = True) -> bytes:
        """The page as PNG."""
        return base64.b64decode(self.ask("Page.captureScreenshot", captureBeyondViewport=whole)["data"])
