"""Tasks that are alike go to one worker, nobody waits while there is work, and every task is given once."""

from pipeline.pool.scheduler import Rota

SIX = [f"{variant}{seed}" for variant in "ab" for seed in range(3)]


def first(task):
    return task[0]


def test_workers_take_a_group_each():
    rota = Rota(SIX, first)
    assert [rota.give(worker) for worker in (1, 2, 2, 1, 1, 2)] == ["a0", "b0", "b1", "a1", "a2", "b2"]
    assert rota.give(1) is None


def test_one_worker_takes_group_after_group():
    rota = Rota(["a0", "b0", "a1", "b1"], first)
    assert [rota.give("only") for _ in range(4)] == ["a0", "a1", "b0", "b1"]


def test_who_has_no_group_left_helps_with_the_longest():
    rota = Rota([*SIX, "b3", "b4", "b5"], first)
    assert [rota.give(worker) for worker in (1, 2, 1, 1)] == ["a0", "b0", "a1", "a2"]
    assert rota.give(1) == "b1" and rota.give(1) == "b2" and rota.give(2) == "b3"


def test_more_workers_than_groups_share_them():
    rota = Rota(SIX, first)
    assert sorted(rota.give(worker) for worker in range(6)) == sorted(SIX)


def test_what_comes_back_is_given_again():
    rota = Rota(SIX[:2], first)
    task = rota.give(1)
    rota.take_back(task)
    assert [rota.give(2), rota.give(2), rota.give(2)] == [task, "a1", None]
