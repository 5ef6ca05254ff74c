"""The same trials for any number of workers, any timing and any kill; racing, windows, bad trials and budgets."""

import itertools

import pytest
from trainers import Sweep, carry_out, identity, loss, search

from pipeline.settings.sweep_space import Choice, Range, Space, Tried
from pipeline.sweeps.asking import Asker
from pipeline.sweeps.search import Rules, Search
from pipeline.sweeps.trials import BAD, Outcome, best


def history(found):
    return [trial.record() for trial in found.told]


@pytest.mark.parametrize("kind", ["tpe", "random"])
def test_one_history_whatever_the_workers_and_their_speed(kind):
    first = history(carry_out(search(kind)))
    assert len(first) == 30
    for workers, speed in itertools.product((2, 4, 8), (0, 1)):
        assert history(carry_out(search(kind), workers=workers, speed=speed)) == first


def test_one_history_through_kills_and_without_the_study():
    """What a kill leaves is the store: each start asks anew, and finds what was answered before."""
    first, store = history(carry_out(search())), {}
    for stop in (1, 7, 2, 11, 3):
        found = carry_out(search(), workers=3, store=store, most=stop)
        assert history(found) == first[: len(found.told)]
    assert history(carry_out(search(), workers=2, store=store)) == first
    trained = len(store)
    assert history(carry_out(search(), workers=4, store=store)) == first and len(store) == trained


def test_more_trials_go_on_from_those_there_are():
    assert history(carry_out(search(trials=12))) == history(carry_out(search(trials=30)))[:12]


def test_trial_0_is_the_untouched_variant_and_no_trial_repeats_another():
    found = carry_out(search())
    assert found.told[0].values == {}
    assert len({identity(trial.values) for trial in found.told}) == 30


def test_a_trial_knows_of_those_a_window_before_it():
    seen = {}

    def ask(number, told, waiting):
        seen[number] = (len(told), len(waiting))
        return {"x": number}

    carry_out(Search(Rules(trials=9, seeds=(0,), at_once=4), ask), lambda values, seed: Outcome("finished", 1.0))
    assert seen == {number: (max(0, number - 3), min(number, 3)) for number in range(9)}


def answers(table):
    """Trainer whose scores are {trial: [score of each seed]}."""
    return lambda values, seed: table[values["x"]][seed]


def raced(scores, *, highest=False, at_once=1):
    table = {
        number: [Outcome("finished", value) if isinstance(value, float) else value for value in row]
        for number, row in enumerate(scores)
    }
    rules = Rules(trials=len(scores), seeds=tuple(range(len(scores[0]))), at_once=at_once, highest=highest)
    return carry_out(Search(rules, lambda number, told, waiting: {"x": number}), answers(table)).told


def test_a_race_forgives_up_to_the_incumbents_worst_seed():
    told = raced([[0.5, 0.7, 0.6], [0.7, 0.71, 0.7], [0.71, 0.1, 0.1]])
    assert [trial.end for trial in told] == ["complete", "stopped", "stopped"]
    assert [len(trial.scores) for trial in told] == [3, 2, 1]
    assert told[1].score == pytest.approx(0.705) and told[2].score == pytest.approx(0.71)


def test_a_race_where_high_is_good():
    told = raced([[0.5, 0.4, 0.6], [0.39, 0.9, 0.9], [0.41, 0.9, 0.9]], highest=True)
    assert [trial.end for trial in told] == ["complete", "stopped", "complete"]
    assert [trial.number for trial in best(told, highest=True)] == [2, 0]


def test_a_race_is_against_trials_a_window_before():
    told = raced([[0.5, 0.5], [0.9, 0.9], [0.9, 0.9]], at_once=2)
    assert [trial.end for trial in told] == ["complete", "complete", "stopped"]


def test_bad_trials_keep_their_reason_and_end_no_sweep():
    diverged, hung = Outcome("diverged", None, "not finite"), Outcome("failed", None, "no result within 3 s of work")
    told = raced([[0.5, 0.5], [diverged, 0.1], [0.4, hung], [0.3, 0.3]])
    assert [trial.end for trial in told] == ["complete", "diverged", "failed", "complete"]
    assert [trial.reason for trial in told[1:3]] == ["seed 0: not finite", "seed 1: no result within 3 s of work"]
    assert told[1].score is None and [trial.number for trial in best(told, highest=False)] == [3, 0]


def test_settings_that_do_not_go_together_are_refused_and_nothing_is_run():
    refusal = {1: "too many layers"}
    found = Search(
        Rules(trials=3, seeds=(0,), at_once=2),
        lambda number, told, waiting: {"x": number},
        lambda values: refusal.get(values["x"]),
    )
    asked = []
    carry_out(found, lambda values, seed: asked.append(values["x"]) or Outcome("finished", 1.0))
    assert asked == [0, 2] and found.told[1].end == "refused" and found.told[1].reason == "too many layers"


def test_a_search_learns_to_keep_away_from_what_is_bad():
    def trainer(values, seed):
        bad = values.get("fit.learning_rate", 0.01) > 0.03
        return Outcome("diverged", None, "not finite") if bad else loss(values, seed)

    told = carry_out(search(trials=60), trainer).told
    assert sum(trial.end in BAD for trial in told[:15]) > sum(trial.end in BAD for trial in told[-15:])


def test_where_all_is_bad_it_ends_all_the_same():
    told = carry_out(search(trials=20), lambda values, seed: Outcome("failed", None, "no")).told
    assert len(told) == 20 and best(told, highest=False) == []


def test_the_budget_ends_the_asking():
    found = carry_out(search(trials=200, at_once=2, budget_s=30.0))
    spent = sum(trial.seconds for trial in found.told)
    assert 30 <= spent <= 30 + 2 * 3 and found.ended_by == "budget"
    assert carry_out(search(trials=5)).ended_by is None


def test_idle_workers_run_what_will_most_likely_be_wanted():
    found = raced_search = search(trials=1)
    assert [job.seed for job in found.jobs()] == [0, 1, 2] and raced_search.guesses(5) == []
    found = Search(Rules(trials=2, seeds=(0, 1), at_once=1), lambda number, told, waiting: {"x": number})
    for job in found.jobs():
        found.done(job, Outcome("finished", 0.5))
    assert [(job.trial, job.seed) for job in found.jobs()] == [(1, 0)]
    assert [(job.trial, job.seed) for job in found.guesses(3)] == [(1, 1)] and found.guesses(3) == []


# Which settings are asked for


def test_a_grid_has_every_combination_once():
    space = Space(
        (
            Tried("a", Choice(("sgd", "adam"))),
            Tried("b", Range(0.1, 0.9, points=3), {"a": ("sgd",)}),
            Tried("c", Range(1, 2)),
        )
    )
    asker = Asker(Sweep("grid", space), identity, {})
    told = carry_out(Search(Rules(trials=99, seeds=(0,), at_once=3), asker.ask)).told
    combinations = [trial.values for trial in told[1:]]
    assert len(combinations) == space.size() == 8 and combinations == list(space.combinations())


def test_a_small_space_is_tried_to_its_end():
    space = Space((Tried("a", Choice((1, 2, 3))), Tried("b", Choice((True, False)))))
    for kind in ("random", "tpe"):
        asker = Asker(Sweep(kind, space), identity, {})
        assert len(carry_out(Search(Rules(trials=50, seeds=(0,), at_once=4), asker.ask)).told) == 7


def test_conditions_hold_and_numbers_can_be_read():
    for trial in carry_out(search(trials=40)).told[1:]:
        values = trial.values
        assert ("fit.momentum" in values) == (values["fit.optimizer"] == "sgd")
        assert isinstance(values["build.width"], int) and 4 <= values["build.width"] <= 64
        assert len(f"{values['fit.learning_rate']:.15g}".lstrip("0.")) <= 8


def test_another_seed_asks_otherwise():
    asked = [history(carry_out(search(trainer_sweep=Sweep(seed=seed)))) for seed in (0, 1)]
    assert asked[0][5]["values"] != asked[1][5]["values"]
