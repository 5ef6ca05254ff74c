"""Without a terminal one line per finished run is printed; with one, bars follow the logs of epochs."""

import io
import sys

from pipeline import paths
from pipeline.pool.progress import Board
from pipeline.training import epoch_log
from pipeline.training.run import RunSpec

DONE = {"status": "finished", "reason": None, "duration_s": 1.25}


def specs(count):
    settings = {"fit": {"epochs": 4}}
    return [
        RunSpec("topic", f"v{n}", n, n, f"key{n}", "smoke", settings, "digest", "cpu", "portable") for n in range(count)
    ]


def test_lines(capsys):
    first, second = specs(2)
    with Board("topic", [first, second], before=3) as board:
        board.tick()
        board.done(first, DONE)
        board.done(second, DONE | {"status": "diverged", "reason": "the loss was not finite in epoch 2"})
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "topic: 5 runs, 3 of them done before"
    assert told[1] == "topic: 1/2 v0 seed 0: finished (1.2 s)"
    assert told[2] == "topic: 2/2 v1 seed 1: diverged (the loss was not finite in epoch 2)"


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_bars_show_epoch_and_loss_of_runs_in_progress(house, monkeypatch):
    monkeypatch.setattr(sys, "stdout", screen := Terminal())
    monkeypatch.setenv("TERM", "xterm")
    (spec,) = specs(1)
    epoch_log.begin(paths.CHECKPOINTS / spec.run_key, [{"epoch": 3, "loss": 0.125}])
    with Board("topic", [spec], before=0) as board:
        board.tick()
        board._display.refresh()
    assert "v0 seed 0" in screen.getvalue() and "3/4" in screen.getvalue() and "loss 0.125" in screen.getvalue()
