"""Photograph the report in a headless Chromium, as wide as a desk's screen and as a phone's, light and dark."""

import argparse
import base64
import contextlib
import fcntl
import io
import itertools
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}  # CSS pixels
LANGUAGES = {"en": "", "es": "_es"}  # and how a picture's name ends
KEPT = (("desktop", "light", "en"), ("phone", "dark", "en"), ("desktop", "light", "es"))  # in git; --all: the rest
PATIENCE = 120  # seconds to wait for an answer
COLOURS = 128  # of a kept picture, enough for a page of few colours


def find() -> str | None:
    """Path of a Chromium on this machine; None without one."""
    return next((place for name in NAMES if (place := shutil.which(name))), None)


class Browser:
    """One page of a headless Chromium, spoken to through its DevTools protocol over a pipe; a context manager.

    `events` holds what the page said so far: (method, parameters) of the protocol. LookupError without a Chromium.
    """

    def __init__(self, width: int = 1280, height: int = 900, scheme: str = "light") -> None:
        program = find()
        if program is None:
            raise LookupError(f"browser: given none on PATH, allowed {', '.join(NAMES)}: install one")
        self.events: list[tuple[str, dict[str, Any]]] = []
        self._home, self._left, self._count, self._session = tempfile.mkdtemp(), b"", 0, ""
        self._spawn(program)
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.look(width, height, scheme)

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *_: object) -> None:
        self._session = ""
        with contextlib.suppress(OSError):
            os.write(self._out, self._message("Browser.close", {}))
        self._end()
        for pipe in (self._in, self._out):
            os.close(pipe)
        shutil.rmtree(self._home, ignore_errors=True)

    def _end(self, seconds: float = 5) -> None:
        """Wait for the browser's end, and make it where it does not come."""
        until = time.monotonic() + seconds
        while os.waitpid(self._pid, os.WNOHANG)[0] == 0:
            if time.monotonic() > until:
                os.kill(self._pid, signal.SIGKILL)
            time.sleep(0.02)

    def _spawn(self, program: str) -> None:
        """Chromium reads commands from file 3 and answers on file 4."""
        (read, self._out), (self._in, write) = os.pipe(), os.pipe()
        high = [fcntl.fcntl(pipe, fcntl.F_DUPFD, 10) for pipe in (read, write)]
        options = ["--headless", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-pipe", "--no-first-run"]
        options += ["--no-sandbox"] if os.geteuid() == 0 else []
        command = [program, *options, f"--user-data-dir={self._home}", "about:blank"]
        actions = [(os.POSIX_SPAWN_OPEN, at, os.devnull, os.O_RDWR, 0) for at in (1, 2)]
        moves = [(os.POSIX_SPAWN_DUP2, pipe, at) for pipe, at in zip(high, (3, 4), strict=True)]
        self._pid = os.posix_spawn(program, command, os.environ, file_actions=[*actions, *moves])
        for pipe in (read, write, *high):
            os.close(pipe)
        self._answers = select.poll()  # select.select knows no file above 1,023
        self._answers.register(self._in, select.POLLIN)

    def _message(self, method: str, parameters: dict[str, Any]) -> bytes:
        self._count += 1
        message = {"id": self._count, "method": method, "params": parameters}
        return json.dumps(message | ({"sessionId": self._session} if self._session else {})).encode() + b"\0"

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._left:
            if not self._answers.poll(PATIENCE * 1000):
                raise TimeoutError(f"browser: no answer within {PATIENCE} s")
            part = os.read(self._in, 1 << 20)
            if not part:
                raise ConnectionError("browser: it closed before it had answered")
            self._left += part
        first, self._left = self._left.split(b"\0", 1)
        answer: dict[str, Any] = json.loads(first)
        if "method" in answer:
            self.events.append((answer["method"], answer.get("params", {})))
        return answer

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Result of a command of the protocol; RuntimeError where it is refused."""
        message, written = self._message(method, parameters), 0
        while written < len(message):
            written += os.write(self._out, message[written:])
        wanted = self._count
        while (answer := self._next()).get("id") != wanted:
            pass
        if "error" in answer:
            raise RuntimeError(f"browser: {method}: {answer['error']['message']}")
        result: dict[str, Any] = answer["result"]
        return result

    def look(self, width: int, height: int, scheme: str) -> None:
        """Set the window's size (CSS pixels) and the colour scheme, light or dark."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def open(self, page: Path, ending: str = "") -> None:
        """Open a file, with a query or fragment, and wait until all of it is there."""
        self._go("about:blank")  # else another part of the same page would not be loaded anew
        self._go(page.resolve().as_uri() + ending)

    def _go(self, address: str) -> None:
        before = len(self.events)
        self.call("Page.navigate", url=address)
        while not any(method == "Page.loadEventFired" for method, _ in self.events[before:]):
            self._next()

    def run(self, script: str) -> Any:
        """Value of a JavaScript expression in the page, a promise's once it is there; RuntimeError where it throws."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"page: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def wait(self, script: str, seconds: float) -> Any:
        """What a script gives once that is something; TimeoutError."""
        until = time.monotonic() + seconds
        while not (found := self.run(script)):
            if time.monotonic() > until:
                raise TimeoutError(f"page: given nothing for {script} within {seconds:g} s")
            time.sleep(0.3)
        return found

    def press(self, key: str, code: int) -> None:
        """Press and release a key, as a hand would."""
        text = {"text": "\r"} if key == "Enter" else {"text": " "} if key == " " else {}
        named: dict[str, Any] = {"key": key, "code": "Space" if key == " " else key, "windowsVirtualKeyCode": code}
        self.call("Input.dispatchKeyEvent", type="keyDown", **named, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", **named)

    def picture(self) -> bytes:
        """PNG of what the window shows."""
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])


@contextlib.contextmanager
def served(command: Sequence[str], place: Path, seconds: float) -> Iterator[str]:
    """Address of the server that `command` and a free port start in the folder `place`; ended in the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    quiet = subprocess.DEVNULL
    server = subprocess.Popen([sys.executable, *command, "--port", str(port)], cwd=place, stdout=quiet, stderr=quiet)
    try:
        until = time.monotonic() + seconds
        while socket.socket().connect_ex(("127.0.0.1", port)) and time.monotonic() < until:
            time.sleep(0.5)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.kill(server.pid, signal.SIGTERM)
        server.wait()


def small(picture: bytes) -> bytes:
    """The same PNG in few colours."""
    from PIL import Image

    buffer = io.BytesIO()
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def main(arguments: Sequence[str] | None = None) -> int:
    """Write report_desktop_light.png, report_desktop_light_es.png and so on; 2 without a report or a browser."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", nargs="?", type=Path, default=ROOT / "data" / "report" / "index.html")
    parser.add_argument("--to", type=Path, default=ROOT / "docs" / "pictures", help="folder of the pictures")
    parser.add_argument("--all", action="store_true", help="both widths, schemes and languages")
    parser.add_argument("--language", choices=LANGUAGES, help="pictures of this language alone")
    given = parser.parse_args(arguments)
    if not given.page.exists() or find() is None:
        print(f"screenshots: {given.page} or a Chromium is missing: run `python -m pipeline report`", file=sys.stderr)
        return 2
    given.to.mkdir(parents=True, exist_ok=True)
    wanted = itertools.product(SIZES, ("light", "dark"), LANGUAGES) if given.all else KEPT
    with Browser() as browser:
        for size, scheme, language in wanted:
            if given.language in (None, language):
                browser.look(*SIZES[size], scheme)
                browser.open(given.page, f"?language={language}")
                name = f"report_{size}_{scheme}{LANGUAGES[language]}.png"
                (given.to / name).write_bytes(small(browser.picture()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
