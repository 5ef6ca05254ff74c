"""The report in a browser: every claim, filter, link and picture works, by keyboard, in both themes, on a phone."""

import importlib.util
import json
from types import SimpleNamespace

import numpy as np
import pytest
import report_files
from folders import FOLDERS

from pipeline import paths, plugins
from pipeline.records import Examples, write_examples, write_json

LONG = "a_variant_with_a_rather_long_name"
MOST = 5_000_000  # bytes of the page
PATIENCE = 4  # times the second in which the page should open, for machines with other work to do
TAB, RIGHT, DOWN, ENTER, ESCAPE = ("Tab", 9), ("ArrowRight", 39), ("ArrowDown", 40), ("Enter", 13), ("Escape", 27)

spec = importlib.util.spec_from_file_location("screenshots", paths.ROOT / "docs" / "screenshots.py")
screenshots = importlib.util.module_from_spec(spec)
spec.loader.exec_module(screenshots)
pytestmark = pytest.mark.skipif(screenshots.find() is None, reason="no Chromium on PATH")


def house(folder, patch, topics):
    for name in FOLDERS:
        patch.setattr(paths, name, folder / getattr(paths, name).relative_to(paths.ROOT))
    patch.setattr(plugins, "load", lambda kind, name: SimpleNamespace(TOPIC=topics[name]))


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A report of three topics with everything that a report can show."""
    topics = {
        "convolution": report_files.topic(),
        "memory": report_files.topic(report_files.CLAIMS[:2], "Memory"),
        "adversarial": report_files.topic(report_files.CLAIMS[2:3], "Samples"),
    }
    with pytest.MonkeyPatch.context() as patch:
        house(tmp_path_factory.mktemp("house"), patch, topics)
        for name in topics:
            report_files.write_topic(
                name, report_files.VARIANTS | {LONG: 0.8}, failed=[("mlp", 2)] if name == "convolution" else ()
            )
        report_files.write_series("memory", ("gradient_start", "gradient_trained"), lambda at: 10.0**-at)
        report_files.write_samples("adversarial", "mlp", (28, 28, 1))
        report_files.write_samples("adversarial", LONG, (2,))
        write_json(paths.results("memory") / "samples.json", {"mlp": ["123 -> 321 (right: 321)"]})
        images = np.random.default_rng(0).random((30, 28, 28, 1)).astype("float32")
        write_examples(paths.fit_split("digits", "plain", 0), Examples(images, np.arange(30) % 2))
        (paths.results("adversarial") / "scores.csv").unlink()  # its claim waits
        report_files.report()
        return paths.REPORT / "index.html"


@pytest.fixture(scope="module")
def running():
    with screenshots.Browser() as browser:
        yield browser


@pytest.fixture
def browser(running, page):
    """The page, just opened at a desk in the light, with nothing said yet."""
    running.look(1280, 900, "light")
    running.open(page)
    running.events.clear()
    return running


def unfold(browser):
    """Lay out everything, as if a reader had opened every part and gone down to the end."""
    browser.run("document.querySelectorAll('details').forEach(one => one.open = true)")
    browser.run("document.documentElement.classList.remove('quick')")


def shown(browser):
    """Ids of the claims that can be seen."""
    return browser.run(
        "[...document.querySelectorAll('.claim')].filter(one => one.offsetHeight > 0).map(one => one.id)"
    )


def everything(page):
    rows = json.loads((page.parent / "claims.json").read_text())
    return {f"{row['topic']}-{row['name']}": row for row in rows}


def test_every_claim_is_there(browser, page):
    assert set(shown(browser)) == set(everything(page)) | {"adversarial-pooling"} and len(shown(browser)) == 7
    text = browser.run("document.body.innerText")
    assert all(row["claim"] in text for row in everything(page).values())
    assert browser.run("document.querySelectorAll('.claim svg.forest').length") == 6


def choose(browser, **wanted):
    for name, value in wanted.items():
        browser.run(
            f"""(() => {{ const all = [...document.forms[0].elements[{name!r}]], own = all[0].form.elements[{name!r}];
            if (own.tagName) own.value = {value!r}; else all.find(one => one.value === {value!r}).checked = true;
            document.forms[0].dispatchEvent(new Event('change')); }})()"""
        )


VERDICTS = ("", "reproduced", "contradicted", "negligible", "undecided", "untested")


@pytest.mark.parametrize("topic", ["", "convolution", "memory", "adversarial"])
def test_filters_leave_what_was_asked_for(browser, page, topic):
    known = {name: (row["topic"], row["verdict"]) for name, row in everything(page).items()}
    known["adversarial-pooling"] = ("adversarial", "untested")
    for verdict in VERDICTS:
        choose(browser, topic=topic, verdict=verdict)
        expected = {name for name, (of, is_) in known.items() if topic in ("", of) and verdict in ("", is_)}
        assert set(shown(browser)) == expected
        assert browser.run("document.querySelector('output').textContent") == f"{len(expected)} of 7 claims shown"
        groups = browser.run("[...document.querySelectorAll('.group')].filter(one => one.offsetHeight > 0).length")
        assert groups == len({known[name][0] for name in expected})


def test_filters_obey_the_keyboard_and_the_address_remembers_them(browser, page):
    browser.run("document.querySelector('select').focus()")
    for _ in range(2):
        browser.press(*DOWN)
    assert {name.split("-")[0] for name in shown(browser)} == {"convolution"}
    browser.press(*TAB)
    assert browser.run("document.activeElement.type") == "radio"
    browser.press(*RIGHT)
    assert all(everything(page)[name]["verdict"] == "reproduced" for name in shown(browser)) and shown(browser)
    assert browser.run("location.search") == "?topic=convolution&verdict=reproduced"


def test_what_is_out_of_sight_is_laid_out_once_the_page_stands(browser, page):
    browser.open(page, "#memory-again")
    assert (
        browser.run("""new Promise(done => { const look = at => document.documentElement.className && at
      ? setTimeout(look, 50, at - 1) : done(document.documentElement.className); look(100); })""")
        == ""
    )
    assert -1 <= browser.run("document.getElementById('memory-again').getBoundingClientRect().top") < 900


def test_an_address_with_filters_is_obeyed(browser, page):
    browser.open(page, "?topic=memory&verdict=reproduced")
    assert shown(browser) == ["memory-lead"]
    browser.open(page, "?topic=unknown&verdict=what&else=1")
    assert len(shown(browser)) == 7


def test_a_link_to_a_claim_that_is_filtered_out_shows_it(browser, page):
    browser.open(page, "?verdict=contradicted#convolution-lead")
    assert "convolution-lead" in shown(browser)


def test_every_internal_link_leads_somewhere_in_sight(browser):
    found = browser.run("""(async () => {
      document.documentElement.style.scrollBehavior = 'auto';
      const lost = [], links = [...document.querySelectorAll('a[href]')];
      for (const link of links) {
        link.click();
        await new Promise(done => setTimeout(done, 0));
        const target = document.getElementById(decodeURIComponent(link.getAttribute('href').slice(1)));
        const place = target?.getBoundingClientRect();
        if (!place || !place.height || place.top < -1 || place.top > innerHeight - 20) lost.push(link.outerHTML);
      }
      return {lost, count: links.length, hash: location.hash};
    })()""")
    assert found["lost"] == [] and found["count"] > 20 and found["hash"]


def test_the_list_of_topics_opens_and_closes_by_keyboard(browser):
    browser.run("document.querySelector('.menu summary').focus()")
    browser.press(*ENTER)
    assert browser.run("document.querySelector('.menu').open") is True
    browser.press(*ESCAPE)
    assert browser.run("document.querySelector('.menu').open") is False
    assert browser.run("document.activeElement.tagName") == "SUMMARY"


def test_focus_can_be_seen_wherever_it_goes(browser):
    hidden = []
    for _ in range(60):
        browser.press(*TAB)
        told = browser.run("""(() => { const at = document.activeElement, box = at.closest('label') ?? at;
          const style = getComputedStyle(at.type === 'radio' ? box : at), place = box.getBoundingClientRect();
          return [at.outerHTML.slice(0, 80), style.outlineStyle !== 'none' && place.bottom > 0]; })()""")
        hidden += [] if told[1] else [told[0]]
    assert hidden == []


def test_nothing_goes_wrong_and_nothing_is_fetched(browser, page):
    browser.open(page)
    unfold(browser)
    choose(browser, topic="memory")
    browser.run("new Promise(done => setTimeout(done, 300))")
    said = [event for event in browser.events if event[0] in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled")]
    said += [event for event in browser.events if event[0] == "Log.entryAdded"]
    assert said == []
    asked = [event["request"]["url"] for name, event in browser.events if name == "Network.requestWillBeSent"]
    assert asked and all(url.startswith(("data:", page.as_uri())) for url in asked)


def test_an_error_would_be_heard(browser):
    browser.run("setTimeout(() => { throw new Error('heard') })")
    browser.run("document.body.append(Object.assign(new Image(), {src: 'https://example.org/a.png'}))")
    browser.run("new Promise(done => setTimeout(done, 200))")
    names = {name for name, _ in browser.events}
    assert {"Runtime.exceptionThrown", "Log.entryAdded"} <= names


@pytest.mark.parametrize("width", [1280, 390])
def test_every_picture_has_a_size_and_words(browser, page, width):
    browser.look(width, 900, "light")
    unfold(browser)
    found = browser.run("""(async () => {
      const images = [...document.images];
      const seen = one => getComputedStyle(one.closest('.wide, .narrow') ?? one).display !== 'none';
      await Promise.all(images.map(one => one.decode()));
      const drawn = [...document.querySelectorAll('svg')].filter(seen);
      const small = place => !(place.width > 20 && place.height > 20);
      const empty = one => small(one.getBoundingClientRect());
      const named = one => one.alt || one.closest('[role=img]')?.getAttribute('aria-label');
      return {
        images: images.length, drawn: drawn.length,
        broken: images.filter(one => !one.naturalWidth).length,
        empty: [...images, ...drawn].filter(empty).map(one => one.outerHTML.slice(0, 120)),
        unnamed: [...images, ...drawn].filter(one => !named(one)).map(one => one.outerHTML.slice(0, 120)),
      };
    })()""")
    assert found["images"] == 7 and found["drawn"] > 20
    assert found["broken"] == 0 and found["empty"] == [] and found["unnamed"] == []


@pytest.mark.parametrize("width", [320, 390, 800, 1280])
def test_the_page_is_never_wider_than_the_window(browser, width):
    browser.look(width, 900, "light")
    unfold(browser)
    assert browser.run("document.documentElement.scrollWidth") <= width


CONTRAST = """(() => {
  const canvas = document.createElement('canvas'); canvas.width = canvas.height = 1;
  const pen = canvas.getContext('2d', {willReadFrequently: true}), known = {};
  const rgba = text => known[text] ??= (pen.clearRect(0, 0, 1, 1), pen.fillStyle = text, pen.fillRect(0, 0, 1, 1),
    [...pen.getImageData(0, 0, 1, 1).data]);
  const over = (top, low) => [0, 1, 2].map(at => (top[at] * top[3] + low[at] * (255 - top[3])) / 255).concat(255);
  const behind = one => { const own = one ? rgba(getComputedStyle(one).backgroundColor) : [255, 255, 255, 255];
    return own[3] === 255 ? own : over(own, behind(one.parentElement)); };
  const linear = x => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4;
  const light = one => { const part = one.slice(0, 3).map(x => linear(x / 255));
    return 0.2126 * part[0] + 0.7152 * part[1] + 0.0722 * part[2]; };
  const ratio = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), worst = {};
  let pairs = 0;
  while (walker.nextNode()) {
    const one = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || one.closest('script, style, option')) continue;
    const style = getComputedStyle(one), ground = behind(one.closest('svg') ?? one);
    const found = ratio(over(rgba(one.closest('svg') ? style.fill : style.color), ground), ground);
    pairs += 1;
    const name = `${one.tagName}.${one.className.baseVal ?? one.className} ${found.toFixed(2)}`;
    if (found < 4.5) worst[name] = one.textContent.slice(0, 40);
  }
  return {pairs, worst};
})()"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_stands_out(browser, scheme):
    """WCAG 2.2, level AA: 4.5 to 1 for every text as the browser paints it."""
    browser.look(1280, 900, scheme)
    unfold(browser)
    found = browser.run(CONTRAST)
    assert found["pairs"] > 300 and found["worst"] == {}


def test_faint_text_would_be_found(browser):
    browser.run("document.querySelector('h1').style.color = '#999'")
    unfold(browser)
    assert list(browser.run(CONTRAST)["worst"]) == ["H1. 2.85"]


def test_less_motion_is_a_still_picture(browser):
    unfold(browser)
    moving = browser.run("[...document.querySelectorAll('picture img')].map(one => one.currentSrc === one.src)")
    wish = [{"name": "prefers-reduced-motion", "value": "reduce"}]
    browser.call("Emulation.setEmulatedMedia", features=wish)
    browser.run("new Promise(done => setTimeout(done, 100))")
    still = browser.run("[...document.querySelectorAll('picture img')].map(one => one.currentSrc === one.src)")
    assert (moving, still) == ([True, True], [False, False])


def opened(browser, page):
    """Seconds until the page was there, and those of them that its own thread worked: the best of three."""
    browser.look(1280, 900, "light")
    browser.call("Performance.enable", timeDomain="threadTicks")
    found = []
    for _ in range(3):
        browser.open(page)
        wall = browser.run("performance.getEntriesByType('navigation')[0].loadEventEnd") / 1000
        told = {one["name"]: one["value"] for one in browser.call("Performance.getMetrics")["metrics"]}
        found.append((wall, told["TaskDuration"]))
    return tuple(map(min, zip(*found, strict=True)))


def holds(browser, page):
    wall, work = opened(browser, page)
    assert page.stat().st_size < MOST
    assert 0 < work < 1 and 0 < wall < PATIENCE, f"{work:.2f} s of work, {wall:.2f} s in all"


@pytest.mark.slow
def test_a_page_of_a_hundred_variants_is_small_and_opens_at_once(running, tmp_path):
    names = ["activations", "adversarial", "convolution", "exploding", "imbalance"]
    names += ["long_tail", "memory", "overfitting", "recurrent_forms"]
    topics = {name: report_files.topic(title=name) for name in names}
    variants = dict(report_files.VARIANTS) | {f"variant_{at}": 0.5 + at / 40 for at in range(9)}
    with pytest.MonkeyPatch.context() as patch:
        house(tmp_path, patch, topics)
        for name in names:
            report_files.write_topic(name, variants, epochs=40)
            report_files.write_series(name, ("one", "two"), lambda at: at, tuple(variants), ats=range(1, 21))
        report_files.report()
        holds(running, paths.REPORT / "index.html")


def test_the_kept_report_is_small_and_opens_at_once(running):
    page = paths.REPORT / "index.html"
    if not page.exists():
        pytest.skip("no report was made in this checkout: run `python -m pipeline report`")
    holds(running, page)
