"""Photograph a lesson in JupyterLab once all its cells have run, as a reader sees it who scrolls through it."""

import argparse
import sys
import time
from pathlib import Path

from screenshots import ROOT, SIZES, Browser, find, served, small

WAIT = 300  # seconds for the server to start, and for all cells to run
OPEN = "jupyterapp.commands.execute('docmanager:open', {path: '%s'}).then(() => 1)"
RUN = "jupyterapp.commands.execute('notebook:run-all-cells').then(() => 1)"
CALM = (
    "for (const command of ['application:set-mode', 'application:toggle-left-area'])"
    " jupyterapp.commands.execute(command, {mode: 'single-document'});"
    "document.querySelectorAll('.jp-toast-button, .Toastify__close-button').forEach(button => button.click()); 1"
)
READY = "Boolean(window.jupyterapp && document.querySelector('.jp-DirListing-item'))"
BUSY = "[...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].some(prompt => !/\\d/.test(prompt.textContent))"
FAULTS = (
    "document.querySelectorAll('.jp-OutputArea-output[data-mime-type*=error],"
    " .jp-RenderedText[data-mime-type*=stderr]').length"
)
SCROLL = (
    "(() => { const place = document.querySelector('.jp-WindowedPanel-outer');"
    " const before = place.scrollTop; place.scrollTop += place.clientHeight - 80; return place.scrollTop > before })()"
)


def look(address: str, notebook: str, to: Path, size: str, scheme: str) -> int:
    """Run all cells and keep a picture of each screenful; how many outputs are errors or warnings."""
    with Browser(*SIZES[size], scheme) as browser:
        browser.call("Page.navigate", url=f"{address}/lab?reset")
        browser.wait(READY, WAIT)
        browser.run(CALM)
        browser.run(OPEN % notebook)
        browser.wait("Boolean(document.querySelector('.jp-CodeCell'))", WAIT)
        time.sleep(5)  # until its kernel is there
        browser.run(RUN)
        browser.wait(f"!({BUSY})", WAIT)
        time.sleep(3)
        faults = int(browser.run(FAULTS))
        browser.run("document.querySelector('.jp-WindowedPanel-outer').scrollTop = 0")
        for number in range(1, 30):
            time.sleep(1)
            (to / f"{Path(notebook).stem}_{size}_{scheme}_{number}.png").write_bytes(small(browser.picture()))
            if not browser.run(SCROLL):
                break
    return faults


def main() -> int:
    """Start JupyterLab on a free port, photograph the lesson, end it; 1: a cell complained, 2: something is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebook", nargs="?", default="memory.ipynb")
    parser.add_argument("--to", type=Path, default=ROOT / "data" / "pictures", help="folder of the pictures")
    parser.add_argument("--size", choices=tuple(SIZES), default="desktop")
    parser.add_argument("--scheme", choices=("light", "dark"), default="light")
    given = parser.parse_args()
    if find() is None or not (Path(sys.executable).parent / "jupyter-lab").exists():
        print("notebook_screenshots: a Chromium or JupyterLab is missing: run `make notebooks` once", file=sys.stderr)
        return 2
    command = ["-m", "jupyterlab", "--no-browser", "--expose-app-in-browser", "--allow-root", "--ip=127.0.0.1"]
    given.to.mkdir(parents=True, exist_ok=True)
    with served([*command, "--IdentityProvider.token="], ROOT / "notebooks", WAIT) as address:
        faults = look(address, given.notebook, given.to, given.size, given.scheme)
    print(f"{given.notebook}: {faults} outputs are errors or warnings")
    return min(faults, 1)


if __name__ == "__main__":
    raise SystemExit(main())
