"""Lay all results out for a reader: one page, its short form in Markdown, and the pictures as files."""

from collections.abc import Sequence

from pipeline import paths
from pipeline.contracts import LanguageChoice
from pipeline.freshness import TopicState
from pipeline.records import write_bytes
from pipeline.report import drawn, page
from pipeline.result_rows import ClaimRow
from pipeline.sweeps.standing import current as current_sweeps

__all__ = ["current_sweeps", "report"]


def report(
    states: Sequence[TopicState],
    judgements: Sequence[ClaimRow],
    language: LanguageChoice = "auto",
    sweeps: Sequence[str] = (),
) -> None:
    """Write index.html, report.md and pictures/ under data/report, from the verdicts and the files under data/.

    The page is there in both languages and opens in `language`; it shows these `sweeps`.

    The same files give the same bytes. What is missing (a topic without results, say) is said on the page.
    """
    for file in sorted(paths.PICTURES.glob("*.svg")):
        file.unlink()
    paths.PICTURES.mkdir(parents=True, exist_ok=True)  # DVC looks for it, pictures or not
    for name, text in page.texts(page.topics(states, judgements), language, sweeps).items():
        write_bytes(paths.REPORT / name, text.encode())
    drawn.note()
