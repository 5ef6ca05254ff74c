"""The preview: this machine only, the page with a script that loads it anew, and a quiet end."""

import http.client
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
from signals import heard

from pipeline import paths
from pipeline.operations import preview

spec = importlib.util.spec_from_file_location("screenshots", paths.ROOT / "docs" / "screenshots.py")
screenshots = importlib.util.module_from_spec(spec)
spec.loader.exec_module(screenshots)
PATIENCE_S = 60


@pytest.fixture
def server(house):
    """A running preview of an empty data/report, and what asks it."""
    paths.REPORT.mkdir(parents=True)
    running = preview.ThreadingHTTPServer((preview.HOST, 0), preview.partial(preview.Handler, paths.REPORT))
    thread = threading.Thread(target=running.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield running
    running.shutdown()
    running.server_close()


def ask(server, place, host=None):
    connection = http.client.HTTPConnection(preview.HOST, server.server_address[1], timeout=5)
    connection.request("GET", place, headers={"Host": host} if host else {})
    answer = connection.getresponse()
    return answer.status, answer.read()


def test_the_page_comes_with_a_word_that_changes_when_it_is_made_anew(server):
    assert b"There is no page yet" in ask(server, "/")[1] and ask(server, "/made") == (200, b"")
    page = paths.REPORT / "index.html"
    page.write_text("""<meta content="default-src 'none'; img-src data:"><body>one</body>""")
    code, text = ask(server, "/")
    word = ask(server, "/made")[1]
    assert code == 200 and b"one" in text and word and b'made = "%s"' % word in text
    assert b"default-src 'none'; connect-src 'self'; img-src" in text and text.endswith(b"</body>")
    page.write_text("<body>another</body>")
    assert ask(server, "/made")[1] != word and b"another" in ask(server, "/index.html")[1]
    assert page.read_text() == "<body>another</body>"  # only what is served has the script


def test_files_beside_the_page_are_served_and_no_others(server):
    (paths.REPORT / "claims.json").write_text("[]")
    (paths.REPORT.parent / "secret.json").write_text("[]")
    assert ask(server, "/claims.json") == (200, b"[]")
    for place in ("/../secret.json", "/%2e%2e/secret.json", "//etc/passwd", "/nothing", "/pictures/"):
        assert ask(server, place)[0] == 404, place


def test_other_names_of_this_machine_are_refused(server):
    port = server.server_address[1]
    assert ask(server, "/", f"localhost:{port}")[0] == 200
    assert ask(server, "/", f"example.org:{port}")[0] == 403


def test_it_listens_on_loopback_only(server):
    assert server.server_address[0] == "127.0.0.1"


def test_a_port_that_is_taken_is_named():
    with socket.socket() as taken:
        taken.bind((preview.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ValueError, match=rf"--port: given {port} \(.*\), allowed a free one"):
            preview.watch(port)
    with pytest.raises(ValueError, match="--port: given 99999"):
        preview.watch(99999)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_quietly(sent):
    """Ctrl-C, or the terminal that is closed: no traceback, exit code 0."""
    command = [sys.executable, "-m", "pipeline", "report", "--watch"]
    own = os.environ | {"PYTHONUNBUFFERED": "1"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with heard(sent):
        child = subprocess.Popen(command, cwd=paths.ROOT, env=own, **pipes)
    line = child.stdout.readline()
    child.send_signal(sent)
    out, err = child.communicate(timeout=60)
    assert line.startswith("page: http://127.0.0.1:") and "Ctrl-C" in line
    assert child.returncode == 0 and out.strip() == "" and err == ""


@pytest.mark.skipif(screenshots.find() is None, reason="no Chromium on PATH")
def test_a_browser_loads_it_anew(server):
    """First that there is none yet, then the page, then another one: nobody touches the browser."""

    def shows(words):
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            if words in browser.run("document.body ? document.body.innerText : ''"):
                return True
            time.sleep(0.5)
        return False

    policy = """<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'">"""
    with screenshots.Browser() as browser:
        browser._go(f"http://127.0.0.1:{server.server_address[1]}/")
        assert shows("no page yet")
        for words in ("one topic", "two topics so far"):
            (paths.REPORT / "index.html").write_text(f"<html><head>{policy}</head><body>{words}</body></html>")
            assert shows(words)
