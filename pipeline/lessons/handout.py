"""Print a topic for a class: question, formula, experiment, results and exercises as a PDF of two A4 pages."""

import json
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import freshness, notebook, paths
from pipeline.contracts import Language
from pipeline.errors import InputError
from pipeline.lessons import exercise
from pipeline.lessons.lesson import LETTERS
from pipeline.records import read_json_or, read_rows_or_none, write_bytes
from pipeline.report import claims as claim_texts
from pipeline.report import formatting, metric_words, tables
from pipeline.report.formatting import DASH, UNTESTED, plain
from pipeline.report.language import Voice, capital, listed, phrase, word
from pipeline.result_rows import ClaimRow
from pipeline.settings.params import Settings
from pipeline.settings.plan import current, require_topic
from pipeline.spoken import asked, tell_each
from pipeline.verdicts.topic import Claim, said_of

if TYPE_CHECKING:
    from pipeline.settings.topic_blocks import TopicSettings

LAYOUT = paths.PACKAGE / "lessons" / "handout.typ"
PAGES = 2
SIZES = (
    "11.5pt",
    "11pt",
    "10.5pt",
    "10pt",
    "9.5pt",
    "9pt",
    "8.5pt",
    "8pt",
    "7.5pt",
)  # of letters: the largest that fits is taken
MOST_VARIANTS = 10  # in the picture
MOST_DIFFERING = 8  # settings of the first comparison
MOST_NAMED = 6
WITHOUT_TYPST = (
    "typst: given none, allowed the version of requirements-handout.lock: `make handout TOPIC={topic}` brings it"
)
Sheet = dict[str, Any]


def write(settings: Settings, topic: str, language: Language | None, out: str | None) -> str:
    """Line on the sheet that was written, to `out` or under data/handouts; own results that are stale go to stderr.

    `language` None: that of the terminal, which params.yaml may say. InputError: as of `handout`.
    """
    chosen: Language = language or asked(settings.language)
    file = Path(out).expanduser() if out else paths.handout(topic, chosen)
    pdf, left_out = handout(settings, topic, chosen)
    tell_each(left_out, file=sys.stderr)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(file, pdf)
    return f"{out or file.relative_to(paths.ROOT)}: two pages on {topic}"


def handout(settings: Settings, topic: str, language: Language) -> tuple[bytes, list[str]]:
    """The sheet of a topic, the same bytes each time, and lines on results of your own that are left out.

    Results are the present ones, else the published ones, which the sheet says. InputError: no such topic, no Typst.
    """
    require_topic(settings, topic)
    _require_typst(topic)
    left_out = _left_out(settings, topic)
    with tempfile.TemporaryDirectory(prefix="aula-") as folder:
        sheet = _sheet(settings.topics[topic], settings.profile, Voice(language), Path(folder))
        return _laid_out(sheet, Path(folder)), left_out


def _require_typst(topic: str) -> None:
    try:
        import typst  # noqa: F401
    except ImportError:
        raise InputError(WITHOUT_TYPST.format(topic=topic)) from None


def _left_out(settings: Settings, topic: str) -> list[str]:
    """Why results of one's own are not on the sheet, if there are any."""
    if not paths.results(topic).exists():
        return []
    try:
        reason = freshness.state(settings, current(settings, topic)).reason()
    except InputError as error:
        reason = str(error)
    return [f"{topic}: left out: {reason}"] if reason else []


def _laid_out(sheet: Sheet, folder: Path) -> bytes:
    """The PDF in the largest letters with which all fits; if none does, with as many claims as do in the smallest."""
    for size in SIZES:
        if (pdf := _compiled(sheet | {"size": size}, folder)) is not None:
            return pdf
    fitting, too_many, voice = 0, len(sheet["claims"]), Voice(sheet["language"])
    while too_many - fitting > 1:
        kept = (fitting + too_many) // 2
        is_fitting = _compiled(_shortened(sheet, kept, voice), folder) is not None
        fitting, too_many = (kept, too_many) if is_fitting else (fitting, kept)
    pdf = _compiled(_shortened(sheet, fitting, voice), folder)
    assert pdf is not None, f"{sheet['title']}: no room on {PAGES} pages, even without claims"
    return pdf


def _shortened(sheet: Sheet, kept: int, voice: Voice) -> Sheet:
    more = phrase("{count} more claims are on the page.", count=len(sheet["claims"]) - kept)
    return sheet | {"claims": sheet["claims"][:kept], "more": str(voice.say(more)), "size": SIZES[-1]}


def _compiled(sheet: Sheet, folder: Path) -> bytes | None:
    """The PDF; None where it has more than PAGES. Typefaces are those that come along: the same bytes everywhere."""
    import typst

    from pipeline.report import svg

    shutil.copyfile(LAYOUT, folder / LAYOUT.name)
    (folder / "handout.json").write_text(json.dumps(sheet, ensure_ascii=False), "utf-8")
    own: dict[str, Any] = {"root": str(folder), "font_paths": [str(svg.typefaces())], "ignore_system_fonts": True}
    pages = json.loads(typst.query(str(folder / LAYOUT.name), "<pages>", field="value", one=True, **own))
    if pages > PAGES:
        return None
    pdf: bytes = typst.compile(str(folder / LAYOUT.name), format="pdf", **own)
    return pdf


# What stands on it


def _sheet(block: "TopicSettings", profile: str, voice: Voice, folder: Path) -> Sheet:
    found, topic = notebook.results(block.name), block.topic
    metrics = read_json_or(found.folder / "metrics.json", {})
    rows = said_of(topic.claims, found.judgements)
    is_spanish = voice.language == "es"
    first = topic.claims[0] if topic.claims else None
    labels = {"experiment": word("The experiment"), "results": word("Results"), "exercises": word("Exercises")}
    head = (word("claim"), word("difference"), word("margin"), word("verdict"))
    return {
        "language": voice.language,
        "title": (topic.titulo if is_spanish else "") or topic.title,
        "question": claim_texts.questions(topic)[voice.language],
        "labels": {name: str(voice.say(text)) for name, text in labels.items()},
        "head": [str(voice.say(text)) for text in head],
        "experiment": [str(voice.say(line)) for line in _experiment(block, profile, first, voice)],
        "arms": [first.better, first.worse] if first else [],
        "differing": _differing(block, first) if first else [],
        "notes": [str(voice.say(capital(word(found.label))))] if found.label and rows else [],
        "claims": [_claim(claim, rows.get(claim.name), metrics, voice) for claim in topic.claims],
        "more": "",
        **_picture(block, found, voice, folder),
        **_asked(block.name, voice),
        "foot": str(voice.say(phrase("Aula: {name}, profile {profile}", name=block.name, profile=profile))),
    }


def _experiment(block: "TopicSettings", profile: str, first: Claim | None, voice: Voice) -> list[Any]:
    data = dict.fromkeys(variant.data for variant in block.variants.values())
    models = dict.fromkeys(variant.model for variant in block.variants.values())
    lines = [
        phrase(
            "{count} variants, each trained at first with {seeds} seeds, which all of them share. Data: {data}."
            " Models: {models}.",
            count=len(block.variants),
            seeds=block.seeds,
            data=_names([*data]),
            models=_names([*models]),
        )
    ]
    if first is not None:
        told = metric_words.words(first.metric, voice.language)
        meaning = f" ({told.meaning})" if told.meaning else ""
        lines.append(
            phrase(
                "The first claim compares `{better}` with `{worse}` by {metric}{meaning}; they differ in:",
                better=first.better,
                worse=first.worse,
                metric=told.name,
                meaning=meaning,
            )
        )
    return lines


def _names(names: Sequence[str]) -> Any:
    shown = [f"`{name}`" for name in names[:MOST_NAMED]]
    rest = len(names) - len(shown)
    return listed([*shown, phrase("{count} more", count=rest)]) if rest else listed(shown)


def _differing(block: "TopicSettings", claim: Claim) -> list[list[str]]:
    """[setting, its value in the one variant, in the other] of the settings that differ, as params.yaml has them."""
    if not {claim.better, claim.worse} <= block.variants.keys():
        return []
    one, other = (tables.flat(block.variants[arm].settings()) for arm in (claim.better, claim.worse))
    rows = [[key, tables.setting(one, key), tables.setting(other, key)] for key in dict.fromkeys([*one, *other])]
    return [row for row in rows if row[1] != row[2]][:MOST_DIFFERING]


def _claim(claim: Claim, row: ClaimRow | None, metrics: Mapping[str, Any], voice: Voice) -> Mapping[str, str]:
    sentence, margin = claim_texts.sentences(claim)[voice.language], str(voice.say(plain(claim.smallest_difference)))
    if row is None:
        told, interval, key = DASH, "", UNTESTED
    else:
        text, key = formatting.difference(row), row["verdict"]
        told = str(voice.say(text.value))
        interval = str(voice.say(text.interval))
    means = [f"{arm} {voice.say(notebook.mean(metrics, arm, claim.metric))}" for arm in (claim.better, claim.worse)]
    return {
        "sentence": sentence,
        "compared": f"`{claim.name}`: {metric_words.words(claim.metric, voice.language).name}: {'; '.join(means)}",
        "difference": told,
        "interval": interval,
        "margin": margin,
        "verdict": voice.known(key),
        "key": key,
    }


def _picture(block: "TopicSettings", found: notebook.Results, voice: Voice, folder: Path) -> Sheet:
    """The scores of the variants that claims compare by the first claim's metric, as a file beside the layout."""
    from pipeline.report import score_plots, svg
    from pipeline.report.facts import finite_scores

    metrics, table = read_json_or(found.folder / "metrics.json", {}), read_rows_or_none(found.folder / "scores.csv")
    metric = block.topic.claims[0].metric if block.topic.claims else ""
    arms = [arm for claim in block.topic.claims if claim.metric == metric for arm in (claim.better, claim.worse)]
    named = [arm for arm in dict.fromkeys(arms) if metric in metrics.get(arm, {})][:MOST_VARIANTS]
    if not named:
        return {"picture": "", "caption": ""}
    rows = [score_plots.score_row(arm, metrics[arm][metric], finite_scores(table, arm, metric)) for arm in named]
    figure = score_plots.scores(rows, metric, voice=voice)
    picture = voice.shown(svg.markup(figure, f"{block.name}_handout"))
    (folder / "picture.svg").write_text(picture, "utf-8")
    told = phrase(
        "{metric}: each variant's mean with its 95 % interval; each ring is a run.",
        metric=metric_words.words(metric, voice.language).name,
    )
    caption = str(voice.say(told))
    return {"picture": "picture.svg", "caption": caption[:1].upper() + caption[1:]}


def _asked(topic: str, voice: Voice) -> Sheet:
    """The exercises of the topic's lesson, and where their solutions are; none of a topic without a lesson."""
    if topic not in exercise.lessons():
        return {"formula": "", "exercises": [], "solutions": ""}
    asked, language = exercise.of_lesson(topic), voice.language
    place = f"notebooks/{'es/' if language == 'es' else ''}{topic}.ipynb"
    solutions = phrase(
        "Answers are checked, and solutions shown, in the notebook `{place}`: `lesson.check` and `lesson.solution`.",
        place=place,
    )
    rows = [
        {
            "question": one.question[language],
            "options": [
                f"{letter}) {option.text[language] or voice.known(option.key)}"
                for letter, option in zip(LETTERS, one.options, strict=False)
            ],
        }
        for one in asked.exercises.values()
    ]
    return {"formula": asked.formula, "exercises": rows, "solutions": str(voice.say(solutions))}
