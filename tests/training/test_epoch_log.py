"""A log of epochs can be read while it is written: whole lines only, and nothing from a run that has none."""

from pipeline import paths
from pipeline.training import epoch_log


def test_lines_come_back_in_order_and_a_half_one_is_left_out(house):
    folder = paths.CHECKPOINTS / "ab"
    epoch_log.begin(folder, [{"epoch": 1, "loss": 0.5}])
    epoch_log.add(folder, {"epoch": 2, "loss": 0.25})
    with (folder / epoch_log.FILE).open("a") as file:
        file.write('{"epoch": 3, "lo')
    assert epoch_log.read("ab") == [{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.25}]


def test_a_run_that_has_not_begun_has_nothing_to_say(house):
    assert epoch_log.read("nobody") == []


def test_a_second_beginning_replaces_the_first(house):
    epoch_log.begin(paths.CHECKPOINTS / "ab", [{"epoch": 1}, {"epoch": 2}])
    epoch_log.begin(paths.CHECKPOINTS / "ab", [{"epoch": 1}])
    assert epoch_log.read("ab") == [{"epoch": 1}]
