"""A sweep without training: a small space, a loss that follows from settings and seed, and workers of any speed."""

import heapq
import math
import random

from pipeline.settings.sweep_space import Choice, Range, Space, Tried
from pipeline.sweeps.asking import Asker
from pipeline.sweeps.search import Rules, Search
from pipeline.sweeps.trials import Outcome

SPACE = Space(
    (
        Tried("fit.learning_rate", Range(0.0001, 1.0, log=True)),
        Tried("build.width", Range(4, 64, log=True)),
        Tried("fit.optimizer", Choice(("sgd", "adam"))),
        Tried("fit.momentum", Range(0.5, 0.99), {"fit.optimizer": ("sgd",)}),
    )
)


class Sweep:
    """What an Asker needs of settings."""

    def __init__(self, search="tpe", space=SPACE, seed=0, highest=False):
        self.search, self.space, self.seed, self.highest = search, space, seed, highest


def identity(values):
    return repr(sorted(values.items()))


def loss(values, seed):
    """Best at a rate of 0.01; beyond 0.3 it diverges."""
    rate = values.get("fit.learning_rate", 0.003)
    if rate > 0.3:
        return Outcome("diverged", None, "the loss was not finite in epoch 1", 1.0)
    noise = random.Random(repr((sorted(values.items()), seed))).gauss(0, 0.1)
    return Outcome("finished", abs(math.log10(rate) + 2) + noise + 0.01 * seed, None, 1.0)


def search(kind="tpe", *, trials=30, seeds=(0, 1, 2), at_once=4, trainer_sweep=None, **more):
    asker = Asker(trainer_sweep or Sweep(kind), identity, {})
    return Search(Rules(trials=trials, seeds=seeds, at_once=at_once, **more), asker.ask)


def carry_out(found, trainer=loss, *, workers=1, speed=0, store=None, most=math.inf):
    """Answer all jobs of a search by so many workers, each job taking a time of its own; stop after `most` jobs."""
    draws, store, queue, running = random.Random(speed), {} if store is None else store, [], []
    clock, answered, given = 0.0, 0, 0
    while not found.is_over:
        while jobs := found.jobs():
            for job in jobs:
                values = found.values(job.trial)
                if (identity(values), job.seed) in store:
                    found.done(job, store[identity(values), job.seed])
                else:
                    queue.append(job)
        while len(running) < workers:
            job = next(iter(queue[:1] or found.guesses(1)), None)
            if job is None:
                break
            queue = queue[1:]
            if found.is_open(job.trial):
                given += 1
                heapq.heappush(running, (clock + draws.random(), given, job, dict(found.values(job.trial))))
        if not running or answered >= most:
            return found
        clock, _, job, values = heapq.heappop(running)
        answered += 1
        store[identity(values), job.seed] = trainer(values, job.seed)
        found.done(job, store[identity(values), job.seed])
    return found
