"""Whatever byte of whatever file is cut, changed or put in: a line and an exit code, never silently other numbers."""

import json
from dataclasses import dataclass

import project
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

settings.register_profile("one folder", suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
settings.load_profile("one folder")
FEW = settings(max_examples=10, derandomize=True)
MANY = settings(max_examples=200, derandomize=True)
RUN = "data/runs/imbalance/untouched/200"
FILES = {  # kind: where it lies, and what reads it
    "params": ("params.yaml", ("check", "claims --json")),
    "profile": ("profiles/smoke.yaml", ("check", "claims --json")),
    "raw file": ("data/raw/digits.npz", ("claims --json",)),
    "card": ("data/prepared/*/*/card.json", ("plan", "claims --json")),
    "plan": ("data/plan/imbalance.json", ("claims --json", "runs list")),
    "record": (f"{RUN}/run.json", ("claims --json",)),
    "history": (f"{RUN}/history.csv", ("claims --json",)),
    "model": (f"{RUN}/model.keras", ("claims --json",)),
    "seal": (f"{RUN}/seal.json", ("claims --json",)),
    "scores": ("data/results/imbalance/scores.csv", ("claims --json",)),
    "origin": ("data/results/imbalance/origin.json", ("claims --json",)),
    "claims": ("data/report/claims.json", ("claims --json",)),
    "stored record": (".aula/runs/*/*/run.json", ("runs list",)),
    "stored model": (".aula/runs/*/*/model.keras", ("runs list",)),
    "what is asked for": (".aula/asked/smoke/imbalance.json", ("runs list",)),
}


@dataclass(frozen=True)
class Damage:
    """What is done to the bytes of a file, at a share of its length."""

    how: str
    at: float
    byte: int

    def of(self, content):
        place = min(int(self.at * len(content)), len(content) - 1)
        after = {"cut": b"", "changed": bytes([content[place] ^ (self.byte or 1)]) + content[place + 1 :]}
        after["put in"] = bytes([self.byte]) + content[place:]
        return content[:place] + after[self.how]


DAMAGES = st.builds(
    Damage,
    how=st.sampled_from(["cut", "changed", "put in"]),
    at=st.floats(0, 1, allow_nan=False),
    byte=st.integers(0, 255),
)


@pytest.fixture
def honest(place, capsys):
    """The rows of the verdicts as they are before any damage."""
    assert project.ask("claims --json") == 0
    return json.loads(capsys.readouterr().out)


def check(place, kind, damaged, honest, capsys):
    """Damage one file, ask what reads it, and put it back."""
    pattern, commands = FILES[kind]
    file = next(iter(sorted(place.glob(pattern))))
    whole = file.read_bytes()
    file.write_bytes(damaged(whole))
    try:
        for command in commands:
            capsys.readouterr()
            code = project.ask(command)
            told = capsys.readouterr()
            assert code in (0, 2), told.err
            assert "Traceback" not in told.err and (code == 0 or told.err.strip())
            if command == "claims --json" and code == 0:
                assert [row for row in json.loads(told.out) if row not in honest] == [], "other numbers, unsaid"
            if command == "plan" and code == 0:
                assert file.read_bytes() == whole or damaged(whole) == file.read_bytes()
    finally:
        file.write_bytes(whole)


@pytest.mark.parametrize("examples", [FEW, pytest.param(MANY, marks=pytest.mark.slow)], ids=["few", "many"])
@pytest.mark.parametrize("kind", FILES)
def test_damage_anywhere_is_said_or_changes_nothing(place, honest, capsys, kind, examples):
    @examples
    @given(damage=DAMAGES)
    def whatever(damage):
        check(place, kind, damage.of, honest, capsys)

    whatever()


@pytest.mark.slow
@pytest.mark.parametrize("kind", [kind for kind in FILES if kind not in ("model", "stored model", "raw file")])
def test_cut_at_every_byte(place, honest, capsys, kind):
    file = next(iter(sorted(place.glob(FILES[kind][0]))))
    for length in range(file.stat().st_size):
        check(place, kind, lambda content, length=length: content[:length], honest, capsys)
