"""A diary can be read while it is written: whole lines only, and nothing from a run that has none."""

from pipeline import paths
from pipeline.runs import diary


def test_lines_come_back_in_order_and_a_half_one_is_left_out(house):
    folder = paths.CHECKPOINTS / "ab"
    diary.begin(folder, [{"epoch": 1, "loss": 0.5}])
    diary.add(folder, {"epoch": 2, "loss": 0.25})
    with (folder / diary.NAME).open("a") as file:
        file.write('{"epoch": 3, "lo')
    assert diary.read("ab") == [{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.25}]


def test_a_run_that_has_not_begun_has_nothing_to_say(house):
    assert diary.read("nobody") == []


def test_a_second_beginning_replaces_the_first(house):
    diary.begin(paths.CHECKPOINTS / "ab", [{"epoch": 1}, {"epoch": 2}])
    diary.begin(paths.CHECKPOINTS / "ab", [{"epoch": 1}])
    assert diary.read("ab") == [{"epoch": 1}]
