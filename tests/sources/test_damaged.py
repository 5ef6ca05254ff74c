"""Files that are cut, or in which bytes were changed, are refused in words or give sound values: never a traceback."""

import io
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from pipeline.errors import InputError
from pipeline.raw_data import RawData
from pipeline.sources import archive, folder, recordings

RANDOM = np.random.default_rng(0)
PIXELS = RANDOM.integers(0, 256, (12, 10, 3)).astype(np.uint8)
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def image(form, mode="RGB"):
    buffer = io.BytesIO()
    Image.fromarray(PIXELS).convert(mode).save(buffer, form)
    return buffer.getvalue()


def arrays(**held):
    buffer = io.BytesIO()
    np.savez(buffer, **held)
    return buffer.getvalue()


TABLE = "who,at,u,kind\n" + "".join(f"s{at // 4},{at % 4},{at / 8},{'ab'[at // 4 % 2]}\n" for at in range(24))
IMAGES = {form: image(form) for form in ("PNG", "JPEG", "BMP", "TIFF", "WEBP", "PPM", "TGA")}
IMAGES |= {"GIF": image("GIF", "P"), "grey": image("PNG", "L"), "deep": image("PNG", "I;16")}
ARCHIVES = {
    "image": arrays(x=PIXELS[None].repeat(4, 0), y=[0, 1, 0, 1]),
    "sequence": arrays(x=RANDOM.random((4, 6, 2)), y=list("abab"), lengths=[6, 5, 4, 6]),
    "table": arrays(x=RANDOM.random((4, 3)), y=[0, 1, 0, 1]),
}


@st.composite
def damage(draw, whole):
    """The file, cut or with some bytes changed, or both."""
    content = bytearray(whole)
    for _ in range(draw(st.integers(0, 4))):
        content[draw(st.integers(0, len(content) - 1))] = draw(st.integers(0, 255))
    return bytes(content[: draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))])


def assert_sound(found, low=-np.inf, high=np.inf):
    assert isinstance(found, RawData) and len(found) == len(found.x) and found.y.min() >= 0
    assert np.isfinite(found.x).all() and found.x.min() >= low and found.x.max() <= high
    assert len(found.class_names) == len(set(found.class_names)) == found.y.max() + 1
    if found.lengths is not None:
        behind = np.arange(found.x.shape[1]) >= found.lengths[:, None]
        assert found.lengths.min() >= 1 and not found.x[behind].any()


@pytest.mark.parametrize("form", IMAGES)
@QUICK
@given(data=st.data())
def test_pictures(tmp_path, form, data):
    for name in ("a", "b"):
        (tmp_path / "mine" / name).mkdir(parents=True, exist_ok=True)
        (tmp_path / "mine" / name / "0").write_bytes(IMAGES[form])
    (tmp_path / "mine" / "b" / "1").write_bytes(data.draw(damage(IMAGES[form])))
    folder._pictures.cache_clear()
    for chosen in ({}, {"size": [6, 5], "skip_bad": True, "fit": "pad"}):
        try:
            assert_sound(folder.load(tmp_path, 0, path=str(tmp_path / "mine"), **chosen), low=0, high=1)
        except InputError as error:
            assert "mine/b/1" in str(error) or "b/1" in str(error) or "size" in str(error)


@pytest.mark.parametrize("kind", ARCHIVES)
@QUICK
@given(data=st.data())
def test_archives(tmp_path, kind, data):
    (tmp_path / "own.npz").write_bytes(data.draw(damage(ARCHIVES[kind])))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = archive.load(tmp_path, 0, file="own", kind=kind)
        except InputError as error:
            assert "own.npz" in str(error)
        else:
            if kind == "table":
                assert len({len(column.cells) for column in found.x} | {len(found)}) == 1
            else:
                assert_sound(found, *((0, 1) if kind == "image" else ()))


@QUICK
@given(data=st.data())
def test_recordings(tmp_path, data):
    (tmp_path / "own.csv").write_bytes(data.draw(damage(TABLE.encode())))
    try:
        assert_sound(recordings.load(tmp_path, 0, file="own", series="who", label="kind", step="at"))
    except InputError as error:
        assert "own.csv" in str(error)
