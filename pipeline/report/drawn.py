"""From which scores the pictures under data/report were drawn, so that nobody takes them for those of other runs."""

from pipeline import paths
from pipeline.records import digest, read_json_or, write_json

FILE = "drawn_from.json"  # beside the pictures: {topic: digest of its scores.csv}


def note() -> None:
    """Write down what the pictures were drawn from, just after they were."""
    scored = sorted(file.parent.name for file in paths.RESULTS.glob("*/scores.csv"))
    write_json(paths.PICTURES / FILE, {topic: _scores(topic) for topic in scored})


def is_of_present(topic: str, otherwise: bool) -> bool:
    """Whether a topic's pictures are of the scores that there are; `otherwise` where nobody wrote it down."""
    noted = read_json_or(paths.PICTURES / FILE, None)
    return otherwise if noted is None else topic in noted and noted[topic] == _scores(topic)


def _scores(topic: str) -> str | None:
    file = paths.results(topic) / "scores.csv"
    return digest(file.read_bytes()) if file.exists() else None
