"""What was published when: seeds that somebody has looked at do not confirm a claim that was written after that."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypedDict


class Publication(TypedDict):
    """One publication: the seeds that its results are of, from and to, and {topic: {claim: its digest}}."""

    first_seed: int
    last_seed: int
    claims: dict[str, dict[str, str]]


History = Sequence[Publication]  # in their order


def is_fresh(history: History, *, topic: str, name: str, digest: str, seeds: Iterable[int]) -> bool:
    """Whether no publication that did not have the claim as it is, and came before one that had, was of these seeds.

    Only those of the claim's topic count. A claim that was never published was written after all of them.
    """
    used = set(seeds)
    for one in history:
        if topic not in one["claims"]:
            continue
        if one["claims"][topic].get(name) == digest:
            return True
        if any(one["first_seed"] <= seed <= one["last_seed"] for seed in used):
            return False
    return True


def with_publication(
    history: History, *, seeds: Iterable[int], claims: Mapping[str, Mapping[str, str]]
) -> list[Publication]:
    """The history with one more publication, unless that is of no seed, or says what the last one did."""
    used = sorted(set(seeds))
    if not used:
        return [*history]
    new: Publication = {
        "first_seed": used[0],
        "last_seed": used[-1],
        "claims": {topic: dict(digests) for topic, digests in claims.items()},
    }
    return [*history] if history and history[-1] == new else [*history, new]
