"""One variant more in a topic trains that variant's runs alone; and what `dvc repro` takes when nothing has changed."""

import json
import sys
import time
from pathlib import Path

from house import change, python, whole
from timing import Line, medians, ratio, table, turns

ROUNDS = 5
TOPIC, ONE_MORE = "imbalance", {"one_more": {"fit": {"learning_rate": 0.0007}}}


def stored(place: Path) -> set[str]:
    """Keys of the finished runs."""
    return {file.parent.name for file in (place / ".aula" / "runs").glob("??/*/run.json")}


def repro(place: Path) -> float:
    """Seconds of one `dvc repro`."""
    started = time.perf_counter()
    python(place, "-m", "dvc", "repro")
    return time.perf_counter() - started


def main() -> int:
    with whole() as place:
        all_s = repro(place)
        before = stored(place)
        print(f"everything: {len(before)} runs in {all_s:.0f} s", flush=True)
        seeds = len(json.loads((place / "data" / "plan" / f"{TOPIC}.json").read_text())["seeds"])
        change(place, lambda tree: tree["topics"][TOPIC]["variants"].update(ONE_MORE))
        more_s = repro(place)
        new, gone = len(stored(place) - before), len(before - stored(place))
        taken = turns(
            {
                "dvc status": lambda: python(place, "-m", "dvc", "status"),
                "dvc repro": lambda: python(place, "-m", "dvc", "repro"),
                "python -m pipeline repro": lambda: python(place, "-m", "pipeline", "repro"),
            },
            ROUNDS,
        )
    status, plain, ours = taken.values()
    table(
        "increment.py: the smoke profile, then one variant more, then nothing",
        [
            Line(f"dvc repro, all {len(before)} runs", all_s, " s"),
            Line("dvc repro, one variant more", more_s, " s"),
            Line("runs trained for one variant more, at least", new, "", least=seeds),
            Line("runs trained for one variant more, at most", new, "", most=seeds),
            Line("runs lost", gone, "", most=0),
            *medians(taken),
            Line("dvc repro to dvc status, no change", ratio(plain, status), "x", most=1.5),
            Line("python -m pipeline repro to dvc status, no change", ratio(ours, status), "x", most=1.5),
            Line("everything to one variant more", all_s / more_s, "x"),
        ],
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
