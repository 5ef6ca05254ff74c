"""The block cluster: checked, of default values where it is left out, and of no effect on any run's key."""

import pytest

from pipeline.settings.cluster_block import ClusterSettings, resolve_cluster
from pipeline.settings.tree import Block, Given, Place
from pipeline.settings.validation import Complaints


def resolved(**values):
    place, complaints = Place("params.yaml", "cluster"), Complaints()
    block = Block({name: Given(value, place.at(name)) for name, value in values.items()}, place)
    return resolve_cluster(block, complaints), complaints.lines


def test_left_out_it_is_this_machine():
    assert resolved() == (ClusterSettings(), []) and ClusterSettings().address.startswith("127.0.0.1:")


def test_all_of_it():
    found, complaints = resolved(address="head:6379", workers=3, gpus_per_run=0.25, checkpoints="/shared")
    assert not complaints and found == ClusterSettings("head:6379", 3, 0.25, "/shared")


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("address", "head", "cluster.address: given 'head', allowed a host and a port"),
        ("gpus_per_run", 2.0, "cluster.gpus_per_run: given 2, allowed a share of one GPU"),
        ("workers", 0, "cluster.workers: given 0, allowed 'auto' or an integer >= 1"),
        ("checkpoints", "shared", "cluster.checkpoints: given 'shared', allowed a folder that all nodes see, as /sh"),
        ("checkpoints", "~nobody-here/a", "cluster.checkpoints: given '~nobody-here/a', allowed a folder that all"),
    ],
)
def test_a_mistake_is_one_line(key, value, told):
    _, complaints = resolved(**{key: value})
    assert len(complaints) == 1 and told in complaints[0]


def test_a_folder_of_one_s_own_is_told_from_the_root(monkeypatch):
    monkeypatch.setenv("HOME", "/home/ana")
    assert resolved(checkpoints="~/aula")[0].checkpoints == "/home/ana/aula"
