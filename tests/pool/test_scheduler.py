"""Tasks of one affinity go to one worker, nobody waits while there is work, and every task is carried out once."""

from pipeline.pool.scheduler import AffinityQueue

SIX = [f"{variant}{seed}" for variant in "ab" for seed in range(3)]


def first(task):
    return task[0]


def test_workers_take_a_group_each():
    queue = AffinityQueue(SIX, first)
    assert [queue.next(worker) for worker in (1, 2, 2, 1, 1, 2)] == ["a0", "b0", "b1", "a1", "a2", "b2"]
    assert queue.next(1) is None


def test_one_worker_takes_group_after_group():
    queue = AffinityQueue(["a0", "b0", "a1", "b1"], first)
    assert [queue.next("only") for _ in range(4)] == ["a0", "a1", "b0", "b1"]


def test_who_has_no_group_left_helps_with_the_longest():
    queue = AffinityQueue([*SIX, "b3", "b4", "b5"], first)
    assert [queue.next(worker) for worker in (1, 2, 1, 1)] == ["a0", "b0", "a1", "a2"]
    assert queue.next(1) == "b1" and queue.next(1) == "b2" and queue.next(2) == "b3"


def test_more_workers_than_groups_share_them():
    queue = AffinityQueue(SIX, first)
    assert sorted(queue.next(worker) for worker in range(6)) == sorted(SIX)


def test_a_task_that_is_requeued_comes_next():
    queue = AffinityQueue(SIX[:2], first)
    task = queue.next(1)
    queue.requeue(task)
    assert [queue.next(2), queue.next(2), queue.next(2)] == [task, "a1", None]


def test_what_a_worker_has_refused_waits_for_others():
    queue = AffinityQueue(["a0", "a1", "b0"], affinity=lambda task: task[0])
    assert [queue.next(1, {"a0"}), queue.next(1, {"a0"}), queue.next(1, {"a0"})] == ["a1", "b0", None]
    assert len(queue) == 1 and queue.next(2) == "a0"
