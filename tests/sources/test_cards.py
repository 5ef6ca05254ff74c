"""Every shipped file has a card that tells its origin and licence, and is the file the card speaks of."""

import hashlib
import re

import pytest

from pipeline import paths

FILES = sorted(file for file in paths.RAW.iterdir() if file.suffix in (".csv", ".npz"))
MOST = 6_000_000  # bytes in git


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_card_is_of_this_file(file):
    card = (paths.RAW / f"{file.stem}.card.md").read_text("utf-8")
    assert re.findall(r"^\| SHA-256 \| `([0-9a-f]{64})` \|$", card, re.M) == [
        hashlib.sha256(file.read_bytes()).hexdigest()
    ]
    for row in ("what", "origin", "carrier", "licence of the data", "how that was confirmed", "changes"):
        assert re.search(rf"^\| {row} \| .+ \|$", card, re.M), row
    assert "```python" in card


def test_raw_data_stays_small():
    assert FILES and sum(file.stat().st_size for file in paths.RAW.iterdir()) < MOST
