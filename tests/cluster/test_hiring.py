"""Whether runs go to a cluster is refused where nodes could not carry them out."""

from dataclasses import replace

import pytest

from pipeline.cluster import hiring
from pipeline.errors import InputError


def test_runs_on_several_gpus_are_refused_before_anything_is_trained(smoke, monkeypatch):
    several = replace(smoke, gpus_per_run=2)
    assert hiring.hire(several, spec=lambda task: task, scored=False) is None
    monkeypatch.setenv(hiring.ADDRESS, "127.0.0.1:6379")  # as --cluster does
    with pytest.raises(InputError, match="gpus_per_run: given 2 for nodes of a cluster, allowed 1"):
        hiring.hire(several, spec=lambda task: task, scored=False)
