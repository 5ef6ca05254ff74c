"""Lay all results out for a reader: one page, its short form in Markdown, and the pictures as files."""

from pipeline import paths
from pipeline.records import read_json_or, write_bytes
from pipeline.report import drawn, page


def report() -> None:
    """Write index.html, report.md and pictures/ under data/report, from claims.json and the files under data/.

    The same files give the same bytes. What is missing (a topic without results, say) is said on the page. InputError
    for a planned topic that has no module.
    """
    for file in sorted(paths.PICTURES.glob("*.svg")):
        file.unlink()
    judgements = read_json_or(paths.CLAIMS, [])
    for name, text in page.texts(page.topics(judgements)).items():
        write_bytes(paths.REPORT / name, text.encode())
    drawn.note()
