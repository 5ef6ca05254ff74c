"""Show the page in a browser of this machine, and anew as often as it is made: beside `repro`, while it grows."""

import re
from collections.abc import Callable
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pipeline import paths
from pipeline.errors import InputError
from pipeline.spoken import tell

HOST = "127.0.0.1"
OWN_NAMES = (HOST, "localhost")  # no other name leads here: a page of another site could have one that does
MADE = "/made"  # a word that changes when the page is made anew
KINDS = {".html": "text/html", ".md": "text/plain", ".json": "application/json", ".svg": "image/svg+xml"}
POLICY = re.compile(rb"default-src 'none';")
ASK = b"connect-src 'self';"
SCRIPT = b"""<script>
(() => {
  const made = "%s";
  setInterval(async () => {
    try {
      const answer = await fetch("/made", {cache: "no-store"});
      if (answer.ok && await answer.text() !== made) location.reload();
    } catch { }  // the preview has ended
  }, 1000);
})();
</script>
"""
WAITING = """<!doctype html><html><head><meta charset="utf-8"><title>Aula</title>
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"></head>
<body style="font-family: sans-serif; max-width: 40em; margin: 4em auto; padding: 0 1em">
<p lang="en">There is no page yet: it comes with the first finished topic of <code>make repro</code>,
and appears here.</p>
<p lang="es">Aún no hay página: llega con el primer tema terminado de <code>make repro</code>, y aparece aquí.</p>
</body></html>"""


def watch(port: int, ready: Callable[[ThreadingHTTPServer], None] = lambda server: None) -> int:
    """Serve data/report on loopback until Ctrl-C, which ends it quietly; gives an exit code.

    `port` 0: one that is free. `ready` gets the server once it is there. InputError: the port is taken or is none.
    """
    try:
        server = ThreadingHTTPServer((HOST, port), partial(Handler, paths.REPORT))
    except (OSError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no such port"
        raise InputError(
            f"--port: given {port} ({reason}), allowed a free one: leave it out, and one is found"
        ) from None
    try:
        tell(f"page: http://{HOST}:{server.server_address[1]}/ (Ctrl-C ends it)")
        server.daemon_threads = True
        with server:
            ready(server)
            server.serve_forever(poll_interval=0.2)
    except KeyboardInterrupt:
        print()
    return 0


class Handler(BaseHTTPRequestHandler):
    """Answers with the files of a folder, the page with a script that loads it anew."""

    def __init__(self, folder: Path, *connection: object) -> None:
        self.folder = folder
        super().__init__(*connection)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """One of the files, the page, or when it was made."""
        if self.headers.get("Host", "").rpartition(":")[0] not in OWN_NAMES:
            return self._answer(403, b"", "text/plain")
        place = unquote(urlsplit(self.path).path)
        if place == MADE:
            return self._answer(200, made(self.folder).encode(), "text/plain")
        if place in ("/", "/index.html"):
            return self._answer(200, page(self.folder), "text/html")
        file = (self.folder / place.lstrip("/")).resolve()
        if self.folder.resolve() not in file.parents or not file.is_file():
            return self._answer(404, b"", "text/plain")
        return self._answer(200, file.read_bytes(), KINDS.get(file.suffix, "application/octet-stream"))

    def _answer(self, code: int, content: bytes, kind: str) -> None:
        self.send_response(code)
        self.send_header("Content-Type", f"{kind}; charset=utf-8" if kind.startswith("text") else kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing: who looks at the page does not want to read of it."""


def made(folder: Path) -> str:
    """A word of the page as it lies there; empty where there is none."""
    try:
        stat = (folder / "index.html").stat()
    except OSError:
        return ""
    return f"{stat.st_mtime_ns}-{stat.st_size}"


def page(folder: Path) -> bytes:
    """The page with a script that asks whether there is another one by now; a line in its place where there is none."""
    known = made(folder)
    try:
        text = (folder / "index.html").read_bytes()
    except OSError:
        text = WAITING.encode()
    text = POLICY.sub(lambda found: found[0] + b" " + ASK, text, count=1)
    head, end, rest = text.rpartition(b"</body>")
    return head + SCRIPT % known.encode() + end + rest
