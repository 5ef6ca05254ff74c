"""The report in a browser: every claim, filter, link and picture works, by keyboard, in both themes, on a phone."""

import base64
import importlib.util
import json
import re
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
LANGUAGES = ("en", "es")
TAB, ENTER, ESCAPE = ("Tab", 9), ("Enter", 13), ("Escape", 27)
LEFT, DOWN, HOME = ("ArrowLeft", 37), ("ArrowDown", 40), ("Home", 36)

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
        report_files.write_series("convolution", ("correlation",), lambda at: 0.5**at)
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
    running.run("localStorage.clear()")
    running.events.clear()
    return running


def unfold(browser):
    """Lay out everything, as if a reader had opened every part and gone down to the end."""
    browser.run("document.querySelectorAll('details').forEach(one => one.open = true)")
    browser.run("document.documentElement.classList.remove('quick')")


def speak(browser, page, language, ending=""):
    """The page in a language, as a reader's choice in its address."""
    browser.open(page, f"?language={language}{ending}")
    browser.events.clear()


def shown(browser):
    """Ids of the claims that are not filtered out."""
    return browser.run("[...document.querySelectorAll('.claim')].filter(one => !one.hidden).map(one => one.id)")


def seen(browser):
    """Ids of the claims that can be seen."""
    return browser.run(
        "[...document.querySelectorAll('.claim')].filter(one => one.checkVisibility()).map(one => one.id)"
    )


def everything(page):
    rows = json.loads((page.parent / "claims.json").read_text())
    return {f"{row['topic']}/{row['name']}": row for row in rows}


def test_every_claim_is_there_and_can_be_seen(browser, page):
    assert set(shown(browser)) == set(everything(page)) | {"adversarial/pooling"} and len(shown(browser)) == 7
    assert seen(browser) == []
    unfold(browser)
    assert len(seen(browser)) == 7
    text = browser.run("document.body.innerText")
    assert all(row["claim"] in text for row in everything(page).values())
    assert browser.run("document.querySelectorAll('.claim svg.forest').length") == 6


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_screen_has_a_mark_for_every_claim_that_leads_there(browser, page, language):
    speak(browser, page, language)
    marks = browser.run("[...document.querySelectorAll('.mark')].map(one => one.getAttribute('href').slice(1))")
    assert sorted(marks) == sorted(shown(browser))
    for mark in marks:
        browser.run(f"document.querySelector('.mark[href=\"#{mark}\"]').click()")
        browser.run("new Promise(done => setTimeout(done, 20))")
        assert mark in seen(browser)
    kinds = browser.run("[...document.querySelectorAll('.mark')].map(one => one.querySelector('.unseen').textContent)")
    words = {"en": ("reproduced", "not tested"), "es": ("reproducida", "sin probar")}[language]
    assert all(any(kind.startswith(word) for kind in kinds) for word in words)


def choose(browser, **wanted):
    for name, value in wanted.items():
        browser.run(
            f"""(() => {{ const form = document.querySelector('.filters'); form.elements[{name!r}].value = {value!r};
            form.dispatchEvent(new Event('input')); }})()"""
        )


VERDICTS = ("", "reproduced", "contradicted", "negligible", "undecided", "untested")


@pytest.mark.parametrize("topic", ["", "convolution", "memory", "adversarial"])
def test_filters_leave_what_was_asked_for(browser, page, topic):
    known = {name: (row["topic"], row["verdict"]) for name, row in everything(page).items()}
    known["adversarial/pooling"] = ("adversarial", "untested")
    for verdict in VERDICTS:
        choose(browser, topic=topic, verdict=verdict)
        expected = {name for name, (of, is_) in known.items() if topic in ("", of) and verdict in ("", is_)}
        assert set(shown(browser)) == expected
        told = browser.run("document.querySelector('.filters output').textContent")
        assert told == f"{len(expected)} of 7 claims shown"
        if topic or verdict:
            assert set(seen(browser)) == expected
        sections = browser.run("[...document.querySelectorAll('.topic')].filter(one => !one.hidden).length")
        assert sections == len({known[name][0] for name in expected}) or not (topic or verdict)
    choose(browser, topic="", verdict="")
    assert seen(browser) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_claim_is_found_by_its_words_its_name_and_its_variants(browser, page, language):
    speak(browser, page, language)
    for name, row in everything(page).items():
        sentence = browser.run(f"document.getElementById({name!r}).querySelector('.sentence').textContent")
        for words in (sentence, sentence.upper(), row["name"], f"{row['topic']} {row['better']} {row['metric']}"):
            choose(browser, q=words)
            assert name in seen(browser), words
    choose(browser, q="no such words at all")
    assert seen(browser) == [] and browser.run("document.querySelector('[type=reset]').hidden") is False
    browser.run("document.querySelector('[type=reset]').click()")
    browser.run("new Promise(done => setTimeout(done, 20))")
    assert len(shown(browser)) == 7


def test_what_has_marks_is_found_without_them(browser, page):
    speak(browser, page, "es")
    choose(browser, q="CONVOLUCION y agrupamiento ganan")
    assert "convolution/lead" in seen(browser)


def test_claims_are_sorted_by_effect_and_by_firmness_and_go_home_again(browser, page):
    before = browser.run("[...document.querySelectorAll('.claim')].map(one => one.id)")
    rows = everything(page)
    choose(browser, sort="effect")
    sizes = [abs(rows[name]["difference"]) / rows[name]["margin"] for name in seen(browser) if name in rows]
    assert len(sizes) == 6 and sizes == sorted(sizes, reverse=True)
    choose(browser, sort="firmness")
    again = [rows[name]["again"] or 0 for name in seen(browser) if name in rows]
    assert again == sorted(again, reverse=True) and len(seen(browser)) == 7
    choose(browser, sort="", verdict="reproduced")
    choose(browser, verdict="")
    assert browser.run("[...document.querySelectorAll('.claim')].map(one => one.id)") == before


def test_filters_obey_the_keyboard_and_the_address_remembers_them(browser, page):
    browser.run("document.querySelector('[name=topic]').focus()")
    for _ in range(2):
        browser.press(*DOWN)
    assert {name.split("/")[0] for name in seen(browser)} == {"convolution"}
    browser.press(*TAB)
    assert browser.run("document.activeElement.name") == "verdict"
    browser.press(*DOWN)
    assert all(everything(page)[name]["verdict"] == "reproduced" for name in seen(browser)) and seen(browser)
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
    assert seen(browser) == ["memory/lead"]
    browser.open(page, "?topic=unknown&verdict=what&else=1")
    assert len(shown(browser)) == 7


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_link_to_a_claim_opens_it_filtered_out_or_not(browser, page, language):
    speak(browser, page, language, "&verdict=contradicted#convolution/lead")
    assert "convolution/lead" in seen(browser)
    assert browser.run("document.getElementById('convolution/lead').querySelector('details').open") is True
    assert -1 <= browser.run("document.getElementById('convolution/lead').getBoundingClientRect().top") < 800


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
    hidden, stops = [], 0
    while stops < 60:
        browser.press(*TAB)
        stops += 1
        if browser.run("document.activeElement === document.body"):
            break  # once round
        told = browser.run("""(() => { const at = document.activeElement, place = at.getBoundingClientRect();
          return [at.outerHTML.slice(0, 80), getComputedStyle(at).outlineStyle !== 'none' && place.bottom > 0]; })()""")
        hidden += [] if told[1] else [told[0]]
    assert hidden == [] and stops > 20


# Languages


@pytest.mark.parametrize(("asked", "language"), [("en-GB", "en"), ("es-MX", "es"), ("fr", "en")])
def test_the_browser_decides_and_the_reader_has_the_last_word(page, asked, language):
    with screenshots.Browser() as own:
        own.call("Emulation.setUserAgentOverride", userAgent="test", acceptLanguage=asked)
        own.open(page)
        assert own.run("document.documentElement.lang") == language
        assert own.run("document.title").startswith({"en": "What the course", "es": "Lo que afirma"}[language])
        own.run("document.querySelector('.switch').click()")
        other = {"en": "es", "es": "en"}[language]
        assert own.run("document.documentElement.lang") == other
        own.open(page)
        assert own.run("document.documentElement.lang") == other
        own.open(page, f"?language={language}")
        assert own.run("document.documentElement.lang") == language


def test_the_switch_keeps_what_was_chosen_and_what_is_drawn(browser, page):
    browser.open(page, "?q=stride#convolution/lead")
    kept, drawn = seen(browser), browser.run("document.querySelectorAll('.drawn > *').length")
    browser.run("document.querySelector('.switch').focus()")
    for language, words in (("es", "Lo que afirma el curso"), ("en", "What the course claims")):
        browser.press(*ENTER)
        assert browser.run("document.documentElement.lang") == language
        assert words in browser.run("document.body.innerText") and seen(browser) == kept != []
        assert browser.run("document.querySelectorAll('.drawn > *').length") == drawn > 5
        assert browser.run("document.querySelectorAll('.canvas svg').length") == 2
    browser.run("localStorage.clear()")


ENGLISH = {"the", "and", "of", "with", "seeds", "runs", "claims", "mean", "which", "where", "data"}


def test_no_english_is_left_in_spanish(browser, page):
    """Of the page's own words: what a topic or a file of these tests says in English stands as it is."""
    speak(browser, page, "es")
    unfold(browser)
    texts = browser.run("""(() => {
      const OTHERS = 'script, style, code, .sentence, h2, .lead, [lang=en], .lines, .failed, tbody, .mark, a, option';
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
      while (walker.nextNode()) { const one = walker.currentNode.parentElement;
        if (!one.closest(OTHERS))
          found.push(walker.currentNode.data); }
      for (const one of document.querySelectorAll('[aria-label]')) found.push(one.getAttribute('aria-label'));
      return found; })()""")
    english = [text for text in texts if ENGLISH & set(re.findall(r"\w+", text.lower()))]
    assert english == [] and len(texts) > 200


def test_numbers_are_written_as_the_language_writes_them(browser, page):
    for language, expected in (("en", "."), ("es", ",")):
        speak(browser, page, language)
        unfold(browser)
        cells = "[...document.querySelectorAll('td.n, .value, .drawn text, .canvas text, .readout')]"
        told = " ".join(browser.run(f"{cells}.map(one => one.textContent)"))
        assert set(re.findall(r"\b0([.,])\d", told)) == {expected}
        assert ("4,321" if expected == "." else "4321") in browser.run("document.body.textContent")


# What one can play with


def test_lines_are_chosen_and_read_off_by_keyboard(browser, page):
    browser.open(page, "#memory")
    part = "document.querySelector('#memory .explore')"
    assert browser.run(f"{part}.querySelectorAll('.canvas path.line').length") == 4
    first = browser.run(f"{part}.querySelector('.readout').textContent")
    browser.run(f"{part}.querySelector('input[type=range]').focus()")
    browser.press(*LEFT)
    second = browser.run(f"{part}.querySelector('.readout').textContent")
    assert first != second and re.search(r"\d", second)
    assert re.search(r"\d", browser.run(f"{part}.querySelector('input[type=range]').getAttribute('aria-valuetext')"))
    browser.run(f"{part}.querySelector('[name=second]').focus()")
    browser.press(*HOME)
    assert browser.run(f"{part}.querySelectorAll('.canvas path.line').length") == 2


def test_a_line_is_drawn_where_its_numbers_are(browser, page):
    """The slider's value is that of the mean curve in the table of curves.csv."""
    browser.open(page, "#convolution")
    part = "document.querySelector('#convolution .explore')"
    told = browser.run(f"{part}.querySelector('.readout').textContent")
    drawn = json.loads(browser.run("document.getElementById('numbers').textContent"))["convolution"][0]
    item = drawn["items"][drawn["pair"][0]]
    assert told.startswith(item[0]) and all(f"{part[-1]:.4g}" in told for part in item[2:])


def test_words_with_bars_are_not_taken_apart(browser, page):
    """|r| is the name of a curve, and of its one part."""
    browser.open(page, "#convolution")
    part = "document.querySelector('#convolution .explore')"
    view = f"[...{part}.querySelectorAll('[name=view] option')].find(one => one.dataset.y.includes('|r|'))"
    browser.run(f"{part}.querySelector('[name=view]').value = {view}.value")
    browser.run(f"{part}.querySelector('[name=view]').dispatchEvent(new Event('change'))")
    key = browser.run(f"{part}.querySelector('.key').textContent")
    assert key.startswith("mean |r| of two places") and "dashed" not in key


def test_samples_turn_with_their_slider(browser, page):
    browser.open(page, "#adversarial")
    told = "[...document.querySelectorAll('.reels figcaption span')].map(one => one.textContent)"
    assert browser.run(told) == ["epoch 9", "epoch 9"]
    place = "new DOMMatrix(getComputedStyle(document.querySelector('.reel img')).transform).f"
    last = browser.run(place)
    browser.run("document.querySelector('.reels input').focus()")
    browser.press(*LEFT)
    assert browser.run(told) == ["epoch 5", "epoch 5"] and browser.run(place) > last


def test_the_meaning_of_a_metric_is_told_on_focus(browser, page):
    browser.open(page, "#convolution/lead")
    tip = "document.querySelector('[id=\"convolution/lead\"] .tip')"
    browser.wait("!document.documentElement.className", 5)
    assert browser.run(f"getComputedStyle({tip}).visibility") == "hidden"
    browser.call("Emulation.setFocusEmulationEnabled", enabled=True)
    browser.run(f"{tip}.parentElement.focus()")
    assert browser.run(f"getComputedStyle({tip}).visibility") == "visible"


# On paper


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_topic_goes_on_two_sheets(browser, page, language):
    speak(browser, page, language, "#memory")
    browser.run("window.printed = 0, window.print = () => { window.printed += 1; }")
    browser.run("document.querySelector('#memory .print button').click()")
    assert browser.run("window.printed") == 1
    browser.call("Emulation.setEmulatedMedia", media="print")
    on_paper = "[...document.querySelectorAll('.topic, header, .explore')].filter(one => one.checkVisibility())"
    assert browser.run(f"{on_paper}.map(one => one.id || one.className)") == ["memory", "explore"]
    assert len(seen(browser)) == 2
    browser.call("Emulation.setEmulatedMedia", media="")
    printed = base64.b64decode(browser.call("Page.printToPDF", preferCSSPageSize=True)["data"])
    assert 1 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 2


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
    assert found["images"] == 5 and found["drawn"] > 20
    assert found["broken"] == 0 and found["empty"] == [] and found["unnamed"] == []


@pytest.mark.parametrize("width", [320, 390, 800, 1280])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_never_wider_than_the_window(browser, page, width, language):
    browser.look(width, 900, "light")
    speak(browser, page, language)
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
@pytest.mark.parametrize("language", LANGUAGES)
def test_all_text_stands_out(browser, page, scheme, language):
    """WCAG 2.2, level AA: 4.5 to 1 for every text as the browser paints it."""
    browser.look(1280, 900, scheme)
    speak(browser, page, language)
    unfold(browser)
    found = browser.run(CONTRAST)
    assert found["pairs"] > 300 and found["worst"] == {}


def test_faint_text_would_be_found(browser):
    browser.run("document.querySelector('h1').style.color = '#999'")
    unfold(browser)
    assert list(browser.run(CONTRAST)["worst"]) == ["H1. 2.85"]


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
