"""Photograph MLflow's UI for docs/mlflow.md: variants side by side, and what a comparison says of itself."""

import io
import json
import sys
import time
import urllib.request
from typing import Any

from screenshots import ROOT, Browser, find, served

TOPIC = "overfitting"  # whose runs are shown
SIZE = (1360, 1080)  # CSS pixels
COLOURS = 200  # of a picture
WAIT = 60  # seconds until something must be there
BARE = "document.head.insertAdjacentHTML('beforeend', '<style>.modebar { display: none }</style>')"  # seen on hover
CALM = "localStorage['mlflow.assistant.panelOpen_v1'] = 'false'; "
CALM += "localStorage['mlflow.assistant.fab.autoOpenedOnFirstLoad_v1'] = 'true'"


class Page:
    """MLflow's UI in a browser, used as a hand would use it."""

    def __init__(self, browser: Browser, address: str) -> None:
        self._browser, self._address = browser, address
        self.open("")
        browser.run(CALM)

    def open(self, place: str) -> None:
        """Go to a place of the UI, as after the # of its address."""
        self._browser.call("Page.navigate", url="about:blank")
        self._browser.call("Page.navigate", url=f"{self._address}/#/{place}")
        time.sleep(2)

    def find(self, text: str, tag: str = "*") -> list[float]:
        """Middle of the innermost element with that text, once it is there; TimeoutError."""
        words = json.dumps(text)
        found = f"[...document.querySelectorAll('{tag}')].filter(e => e.textContent.trim() === {words}).pop()"
        middle = "const box = e.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]"
        script = f"(() => {{ const e = {found}; if (!e) return null; {middle} }})()"
        place: list[float] = self._browser.wait(script, WAIT)
        return place

    def click(self, text: str, tag: str = "*") -> None:
        """Click on the innermost element with that text."""
        x, y = self.find(text, tag)
        for kind in ("mousePressed", "mouseReleased"):
            self._browser.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
        time.sleep(1)

    def type(self, placeholder: str, text: str) -> None:
        """Write into the field with that placeholder."""
        field = f"document.querySelector('input[placeholder={json.dumps(placeholder)}]')"
        self._browser.wait(f"(() => {{ const e = {field}; if (e) e.focus(); return Boolean(e) }})()", WAIT)
        self._browser.call("Input.insertText", text=text)

    def keep(self, name: str) -> None:
        """Write what is seen under docs/pictures, in few colours."""
        from PIL import Image

        self._browser.run(BARE)
        time.sleep(6)  # charts are drawn one after another
        (ROOT / "docs" / "pictures").mkdir(exist_ok=True)
        picture = Image.open(io.BytesIO(self._browser.picture())).convert("RGB")
        few = picture.quantize(COLOURS, dither=Image.Dither.NONE)
        few.save(ROOT / "docs" / "pictures" / f"mlflow_{name}.png", optimize=True)


def ask(address: str, place: str, **wanted: Any) -> Any:
    """What MLflow's server answers."""
    request = urllib.request.Request(f"{address}/api/2.0/mlflow/{place}", json.dumps(wanted).encode())
    request.add_header("Content-Type", "application/json")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return json.load(opener.open(request, timeout=30))


def look(address: str) -> None:
    """Take both pictures."""
    experiments = ask(address, "experiments/search", max_results=100)["experiments"]
    number = next(found["experiment_id"] for found in experiments if found["name"] == TOPIC)
    runs = ask(address, "runs/search", experiment_ids=[number], max_results=1000)["runs"]
    parents = [run["info"] for run in runs if "variant" not in {tag["key"] for tag in run["data"]["tags"]}]
    newest = max(parents, key=lambda info: info["start_time"])["run_id"]
    with Browser(*SIZE) as browser:
        page = Page(browser, address)
        page.open(f"experiments/{number}/runs?compareRunsMode=CHART&workflowType=machine_learning")
        page.click("Group by", "button")
        page.click("variant")
        page.type("Search metric charts", "(test|validation)/(accuracy$|cross)")
        page.keep("variants")
        page.open(f"experiments/{number}/runs/{newest}?workflowType=machine_learning")
        page.click("Show more")
        page.keep("comparison")


def main() -> int:
    """Start the UI over the project's own store on a free port, photograph it, end it; 2 without a browser or runs."""
    if find() is None or not (ROOT / "mlflow.db").exists():
        print("mlflow_screenshots: a Chromium or mlflow.db is missing: run `make repro` first", file=sys.stderr)
        return 2
    with served(["-m", "pipeline", "ui"], ROOT, WAIT) as address:
        look(address)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
