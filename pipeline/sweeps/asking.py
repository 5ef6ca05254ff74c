"""Which settings the next trial has: a pure function of the sweep, the trial's number and what it may know."""

import hashlib
import json
import math
import random
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pipeline.settings.sweep_blocks import SweepSettings
from pipeline.settings.sweep_space import Choice, Range, Space, Value, Values, spelled
from pipeline.sweeps.trials import Told

if TYPE_CHECKING:
    import optuna

STARTUP = 10  # trials at random before TPE has anything to go by
MOST_ATTEMPTS = 25  # at settings that no trial has had: few combinations, and a sampler that loves one of them
Identity = Callable[[Values], str]  # the same for settings that come to the same runs


class Asker:
    """Gives the settings of trial after trial; each follows from the trials that it may know of, and from nothing else.

    `own` are the settings of the untouched variant as far as they lie in the space.
    """

    def __init__(self, sweep: SweepSettings, identity: Identity, own: Values) -> None:
        self._sweep, self._identity, self._own = sweep, identity, own

    def ask(self, number: int, told: Sequence[Told], waiting: Sequence[Values]) -> dict[str, Value] | None:
        """Settings of trial `number`, which knows of the trials in `told`, and that those in `waiting` are being tried.

        None: there is nothing left that was not tried. Trial 0 is the untouched variant.
        """
        if number == 0:
            return {}
        known = {self._identity(values) for values in [*(trial.values for trial in told), *waiting]}
        for values in self._candidates(number, told, waiting):
            if self._identity(values) not in known:
                return values
        return None

    def _candidates(self, number: int, told: Sequence[Told], waiting: Sequence[Values]) -> Iterator[dict[str, Value]]:
        space, search = self._sweep.space, self._sweep.search
        if search == "grid":
            yield from space.combinations()
            return
        for attempt in range(MOST_ATTEMPTS):
            seed = derived(self._sweep.seed, number, attempt)
            if search == "tpe" and number >= STARTUP:
                yield _by_tpe(space, seed, told, waiting, own=self._own, highest=self._sweep.highest)
            else:
                yield at_random(space, random.Random(seed))
        if not math.isinf(space.size()):
            rest = list(space.combinations())
            random.Random(derived(self._sweep.seed, number, "rest")).shuffle(rest)
            yield from rest


def derived(*parts: Any) -> int:
    """A seed of 32 bits that follows from these."""
    return int(hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:8], 16)


def at_random(space: Space, draws: random.Random) -> dict[str, Value]:
    """Settings drawn one by one, in the order of the space: each uniform, or so in its logarithm."""
    values: dict[str, Value] = {}
    for each in space.tried:
        if each.counts(values):
            values[each.path] = _drawn(each.domain, draws)
    return values


def _drawn(domain: Range | Choice, draws: random.Random) -> Value:
    listed = domain.values() if isinstance(domain, Choice) or domain.points else None
    if listed is not None:
        return listed[int(draws.random() * len(listed))]
    assert isinstance(domain, Range)
    low, high = domain.low, domain.high + (1 if domain.is_whole else 0)
    share = draws.random()
    number = low * (high / low) ** share if domain.log else low + share * (high - low)
    return min(math.floor(number), int(domain.high)) if domain.is_whole else domain.rounded(number)


def own_values(sweep: SweepSettings) -> dict[str, Value]:
    """The untouched variant's values of the settings that are tried, as far as the sweep could come by them."""
    found: dict[str, Value] = {}
    for each in sweep.space.tried:
        same = _in(each.domain, _own(sweep, each.path))
        if each.counts(found) and same:
            found[each.path] = same[0]
    return found


def _own(sweep: SweepSettings, path: str) -> Any:
    """The untouched variant's value of a setting, of its view's steps too; None where it has none."""
    variant = sweep.arm.variant
    block = sweep.arm.data.get(variant.data)
    first, _, inner = path.partition(".")
    value: Any = variant.settings()
    if first == "view" and inner:
        path, value = inner, block.views.get(variant.view) if block else None
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _in(domain: Range | Choice, value: Any) -> list[Value]:
    """The value as the domain itself has it, 1 for 1.0 and never for true; empty where it has none such."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    listed = domain.values() if isinstance(domain, Choice) or domain.points else None
    if listed is not None:
        return [one for one in listed if one == value and isinstance(one, bool) == isinstance(value, bool)][:1]
    assert isinstance(domain, Range)
    if not is_number or not domain.low <= value <= domain.high:
        return []
    return [value] if not domain.is_whole else [int(value)] if value == int(value) else []


# Optuna: a study is made anew for each question, from what may be known, so that there is nothing to keep in step


def _by_tpe(
    space: Space, seed: int, told: Sequence[Told], waiting: Sequence[Values], *, own: Values, highest: bool
) -> dict[str, Value]:
    study = study_of(space, told, waiting, own=own, highest=highest, sampler=_sampler(seed))
    trial = study.ask()
    values: dict[str, Value] = {}
    for each in space.tried:
        if each.counts(values):
            asked = trial._suggest(each.path, distribution(each.domain))
            values[each.path] = _value(each.domain, asked)
    return values


def _sampler(seed: int) -> "optuna.samplers.BaseSampler":
    import optuna

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return optuna.samplers.TPESampler(
            seed=seed, n_startup_trials=0, multivariate=True, group=True, constant_liar=True
        )


def study_of(
    space: Space,
    told: Sequence[Told],
    waiting: Sequence[Values] = (),
    *,
    own: Values,
    highest: bool,
    sampler: "optuna.samplers.BaseSampler | None" = None,
    storage: Any = None,
    name: str | None = None,
) -> "optuna.Study":
    """An Optuna study of these trials. Bad ones have the worst score that any had: samplers pass over failures.

    Those whose settings lie outside of the space (the untouched variant may) are left out.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        sampler=sampler, storage=storage, study_name=name, direction="maximize" if highest else "minimize"
    )
    finite = [trial.score for trial in told if trial.score is not None]
    worst = (min if highest else max)(finite, default=0.0)
    states = optuna.trial.TrialState
    for trial in told:
        values = {**own} if trial.number == 0 else trial.values
        score = worst if trial.score is None else trial.score
        _add(study, space, values, state=states.COMPLETE, value=score, user_attrs=_attributes(trial))
    for values in waiting:
        _add(study, space, values or own, state=states.RUNNING)
    return study


def _attributes(trial: Told) -> dict[str, Any]:
    return {"trial": trial.number, "end": trial.end, "reason": trial.reason, "scores": list(trial.scores.values())}


def _add(study: "optuna.Study", space: Space, values: Values, **facts: Any) -> None:
    import optuna

    tried = [each for each in space.tried if each.counts(values)]
    if any(each.path not in values for each in tried):
        return
    distributions = {each.path: distribution(each.domain) for each in tried}
    params = {each.path: _asked(each.domain, values[each.path]) for each in tried}
    study.add_trial(optuna.trial.create_trial(params=params, distributions=distributions, **facts))


def distribution(domain: Range | Choice) -> Any:
    """As Optuna has it: a range in steps is the number of the step, which keeps their order."""
    from optuna import distributions

    if isinstance(domain, Choice):
        return distributions.CategoricalDistribution([spelled(option) for option in domain.options])  # a list is none
    if domain.points:
        return distributions.IntDistribution(0, len(domain.values() or ()) - 1)
    if domain.is_whole:
        return distributions.IntDistribution(int(domain.low), int(domain.high), log=domain.log)
    return distributions.FloatDistribution(domain.low, domain.high, log=domain.log)


def _value(domain: Range | Choice, asked: Any) -> Value:
    if isinstance(domain, Choice):
        return domain.options[[spelled(option) for option in domain.options].index(asked)]
    return (domain.values() or [])[asked] if domain.points else domain.rounded(asked)


def _asked(domain: Range | Choice, value: Value) -> Any:
    if isinstance(domain, Choice):
        return spelled(value)
    return (domain.values() or []).index(value) if domain.points else value
