"""Tasks that follow from what came of others: the pool asks for them, and passes over what nobody wants any more."""

import pytest

from pipeline.pool import workers


@pytest.fixture(autouse=True)
def light(monkeypatch):
    """Workers without TensorFlow."""
    monkeypatch.setattr(workers, "_start", start)


def start(parent, memory, gpus, slots):
    pass


def double(task):
    return 2 * task


@pytest.mark.parametrize("count", [1, 2, 3])
def test_tasks_that_come_up_later_are_carried_out(count):
    waiting, done, idle = [[1], [2, 3], [4]], [], []

    def more(free):
        idle.append(free)
        return waiting.pop(0) if waiting else []

    for task, record, ending in workers.carry_out(double, [], workers=count, more=more):
        assert ending is None
        done.append((task, record))
    assert sorted(done) == [(task, 2 * task) for task in (1, 2, 3, 4)]
    assert idle[0] == count


def test_what_is_not_wanted_any_more_is_passed_over():
    unwanted, given = set(), [[1, 2, 3]]

    def more(free):
        return given.pop(0) if given else []

    done = []
    for task, _, _ in workers.carry_out(double, [], workers=1, more=more, wanted=lambda task: task not in unwanted):
        done.append(task)
        unwanted.add(2)
    assert done == [1, 3]


def test_without_any_there_is_nothing_to_do():
    assert list(workers.carry_out(double, [], workers=2, more=lambda free: [])) == []
