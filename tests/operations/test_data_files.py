"""Data that are not on this machine are named by block before a long run, and nothing is downloaded to know it."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from pipeline import __main__ as command_line
from pipeline import paths
from pipeline.errors import InputError
from pipeline.operations import data_files, signals
from pipeline.records import write_sealed
from pipeline.settings import params
from pipeline.settings.plan import prepared_key
from pipeline.settings.seeds import draws
from pipeline.sources import fashion_mnist


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """No Fashion-MNIST on this machine."""
    monkeypatch.setattr(fashion_mnist, "DEBIAN", tmp_path / "debian")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(fashion_mnist, "_downloaded", pytest.fail)


def blocks(profile):
    return params.read(profile=profile).data


def test_what_the_full_profile_is_going_to_download(nowhere):
    said = data_files.absent(blocks("full"))
    assert [line.partition(": Fashion-MNIST is not on this machine: ")[0] for line in said] == [
        "profiles/full.yaml: data.images.source",  # and all that is like it, in one line
        "profiles/full.yaml: data.generated_digits.source",
    ]


@pytest.mark.parametrize("profile", ["laptop", "smoke"])
def test_what_is_shipped_is_here(nowhere, profile):
    assert data_files.absent(blocks(profile)) == []


def test_a_file_that_nobody_can_download_is_refused(nowhere):
    block = dataclasses.replace(blocks("laptop")["credit"], load={"file": "nothing"})
    archive = dataclasses.replace(block, name="own", source="archive", places={})
    with pytest.raises(InputError) as error:
        data_files.absent({"credit": block, "own": archive})
    lines = str(error.value).splitlines()
    assert len(lines) == 2 and "data.credit.load: file: given 'nothing', allowed the path of a file" in lines[0]
    assert "data.own.load: file: given 'nothing', allowed the path of a file (.npz), or an archive" in lines[1]


def test_pictures_that_changed_outside_of_the_project_are_noticed(house, tmp_path_factory, monkeypatch):
    """DVC looks into data/raw alone."""
    place, pixels = tmp_path_factory.mktemp("pictures"), np.arange(48, dtype=np.uint8).reshape(6, 8)
    for name in ("a", "b"):
        (place / name).mkdir()
        Image.fromarray(pixels).save(place / name / "0.png")
    settings = params.read(profile="smoke")
    asked = {"mode": "auto", "size": "auto", "fit": "stretch", "skip_bad": False, "pool_parts": False}
    load = {"path": str(place), **asked}
    block = dataclasses.replace(settings.data["credit"], name="own", source="folder", load=load)
    settings = dataclasses.replace(settings, data={**settings.data, "own": block})
    assert data_files.changed_elsewhere(settings) == [], "nothing is prepared yet"
    (draw,) = draws(settings)["own"]
    write_sealed(paths.card("own", draw), {"key": prepared_key(block, draw)})
    assert data_files.changed_elsewhere(settings) == []
    Image.fromarray(pixels[::-1]).save(place / "b" / "1.png")
    assert data_files.changed_elsewhere(settings) == ["own"]


def test_check_says_it(nowhere, monkeypatch, capsys):
    monkeypatch.setattr(signals, "stop_in_order", lambda: None)
    monkeypatch.setattr(paths, "PARAMS", paths.PARAMS)
    full = params.read(profile="full")
    monkeypatch.setattr(params, "read", lambda file: full)
    assert command_line.main(["check"]) == 0
    out = capsys.readouterr().out
    assert "data.images.source: Fashion-MNIST is not on this machine" in out
    assert out.splitlines()[-1] == command_line.arguments.ADD


def test_a_file_by_its_path_that_changed_is_noticed_and_one_that_is_gone(house, tmp_path_factory):
    file = tmp_path_factory.mktemp("elsewhere") / "mine.csv"
    file.write_text("a,class\n1,x\n")
    settings = params.read(profile="smoke")
    block = dataclasses.replace(settings.data["credit"], name="own", load={"file": str(file)})
    settings = dataclasses.replace(settings, data={**settings.data, "own": block})
    (draw,) = draws(settings)["own"]
    assert data_files.changed_elsewhere(settings) == [], "nothing is prepared yet"
    write_sealed(paths.card("own", draw), {"key": "of another file"})
    assert data_files.changed_elsewhere(settings) == ["own"]
    file.unlink()
    assert data_files.changed_elsewhere(settings) == ["own"]
