"""What bad ends of tasks say of nodes: nothing by themselves, something where the same task comes through elsewhere."""

import pytest

from pipeline.cluster.deaths import Deaths


@pytest.fixture
def deaths():
    """Nobody has died yet."""
    return Deaths()


def test_two_tasks_that_others_carry_out_make_a_node_sick(deaths):
    assert [deaths.add(1, "a"), deaths.add(1, "b"), deaths.add(2, "a")] == [True, False, True]
    assert deaths.survived(1, "c") == []
    assert deaths.survived(2, "c") == ["a"]


def test_a_node_that_has_worked_between_two_deaths_is_not_sick(deaths):
    deaths.add(1, "a")
    assert deaths.survived(1, "b") == []
    assert deaths.survived(9, "a") == []
    deaths.add(2, "a")
    assert deaths.survived(2, "b") == []


def test_a_task_is_refused_where_it_died_until_it_has_died_everywhere(deaths):
    deaths.add(1, "a")
    assert deaths.refused("a", "ab") == {1} and deaths.refused("b", "ab") == set()
    deaths.add(1, "b")
    assert deaths.refused("a", "ab") == set() and deaths.refused("a", "abc") == {1}


def test_a_task_is_at_fault_once_a_node_where_it_died_has_carried_out_another(deaths):
    deaths.survived(8, "a")
    deaths.add(1, "a")
    deaths.add(1, "b")
    assert not deaths.is_own(1)
    deaths.survived(9, "c")
    assert not deaths.is_own(1)
    deaths.survived(9, "b")
    assert deaths.is_own(1)
    deaths.forget(1)
    assert deaths.add(1, "a")
