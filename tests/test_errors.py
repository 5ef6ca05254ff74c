"""Files that may not be read or written, and full disks, are told in a line with the place and the remedy."""

import errno
import os

import pytest

from pipeline import errors, paths


def line(code, name=None):
    return errors.of_the_disk(OSError(code, os.strerror(code), *([str(name)] if name else [])))


@pytest.mark.parametrize("code", [errno.EACCES, errno.EPERM])
def test_whose_file_it_is_and_what_to_do(tmp_path, monkeypatch, code):
    monkeypatch.setattr(errors.os, "getuid", lambda: tmp_path.stat().st_uid + 1)
    told = line(code, tmp_path / "not" / "yet")
    assert told.startswith(f"{tmp_path}/not/yet: given what belongs to ") and "may not read or write, allowed" in told
    assert "\n" not in told


def test_of_ones_own_file_no_owner_is_told(tmp_path):
    assert "belongs" not in line(errno.EACCES, tmp_path)


def test_places_are_told_as_seen_from_the_project():
    assert line(errno.EROFS, paths.ROOT / "data" / "x").startswith("data/x: given a read-only file system, allowed")
    assert line(errno.EROFS).startswith("the project: ") and line(errno.EROFS, paths.ROOT).startswith("the project: ")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk(code):
    told = line(code, paths.ROOT / "data" / "x")
    assert told.startswith(f"data/x: {os.strerror(code)}: make space") and "goes on from there" in told


@pytest.mark.parametrize("code", [errno.EISDIR, errno.ENOTDIR, errno.EEXIST])
def test_a_folder_in_a_files_place(code):
    """And the other way round: something of the user's lies where the pipeline reads or writes."""
    told = line(code, paths.ROOT / "data" / "x")
    assert (
        told == "data/x: given a folder in a file's place or a file in a folder's, allowed what belongs there: move it"
    )


@pytest.mark.parametrize("code", [errno.ENOENT, errno.EPIPE, errno.ENOTEMPTY])
def test_all_else_is_our_own_mistake(code):
    assert line(code, paths.ROOT) is None
