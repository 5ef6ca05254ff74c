"""A folder of pictures per class: every mode, size and orientation read rightly, all that is bad named at once."""

import unicodedata
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from pipeline.errors import InputError
from pipeline.settings.data_blocks import DataSettings, Split
from pipeline.settings.raw_files import raw_digests
from pipeline.sources import folder as source

RANDOM = np.random.default_rng(0)
GREY = RANDOM.integers(0, 256, (6, 8)).astype(np.uint8)
COLOUR = RANDOM.integers(0, 256, (6, 8, 3)).astype(np.uint8)
SETTINGS = {"mode": "auto", "size": "auto", "fit": "stretch", "skip_bad": False, "pool_parts": False}


@pytest.fixture
def raw(tmp_path):
    """data/raw of a project, with two classes of two grey pictures each in `mine`."""
    raw = tmp_path / "data" / "raw"
    for name in ("cuadrado pequeño", "lying bar"):
        for at in range(2):
            save(raw / "mine" / name / f"{at}.png", Image.fromarray(np.roll(GREY, at + 3 * len(name))))
    return raw


def save(file, image, **options):
    file.parent.mkdir(parents=True, exist_ok=True)
    image.save(file, **options)


def load(raw, **settings):
    return source.load(raw, 0, path="mine", **settings)


def refused(raw, **settings):
    with pytest.raises(InputError) as caught:
        load(raw, **settings)
    return str(caught.value)


def test_pictures_are_shares_of_white_and_classes_keep_blanks_and_accents(raw):
    found = load(raw)
    assert found.x.shape == (4, 6, 8, 1) and found.x.dtype == np.float32
    assert np.array_equal(found.x[0, ..., 0], np.roll(GREY, 48).astype(np.float32) / np.float32(255))
    assert found.class_names == ("cuadrado pequeño", "lying bar") and found.y.tolist() == [0, 0, 1, 1]
    assert found.y.dtype == np.int64 and found.findings == ()
    assert found.card["pictures"] == {
        "classes": {"cuadrado pequeño": 2, "lying bar": 2},
        "sizes": {"6 x 8": 4},
        "modes": {"PNG L": 4},
        "turned": 0,
        "left_out": [],
    }


def test_the_folder_may_be_absolute_in_raw_or_in_the_project(raw):
    there = [str(raw / "mine"), "mine", "data/raw/mine"]
    first, *others = [source.load(raw, 0, path=path) for path in there]
    assert all(np.array_equal(first.x, other.x) for other in others)
    with pytest.raises(InputError, match="path: given 'absent', allowed a folder with a folder per class: there is no"):
        source.load(raw, 0, path="absent")


# Modes


@pytest.mark.parametrize(
    ("image", "end", "expected"),
    [
        (Image.fromarray(GREY), "png", GREY),
        (Image.fromarray(GREY), "bmp", GREY),
        (Image.fromarray(GREY), "gif", GREY),
        (Image.fromarray(GREY).convert("RGB").convert("P"), "png", None),
        (Image.fromarray(GREY > 99), "png", 255 * (GREY > 99)),
        (Image.fromarray(GREY.astype(np.uint16) * 257), "png", GREY),
        (Image.fromarray(GREY.astype(np.uint16) * 257), "tiff", GREY),
        (Image.merge("LA", [Image.fromarray(GREY), Image.fromarray(np.full_like(GREY, 255))]), "png", GREY),
        (Image.merge("LA", [Image.fromarray(GREY), Image.fromarray(np.zeros_like(GREY))]), "png", 255 + 0 * GREY),
    ],
)
def test_grey_of_every_mode_is_grey(raw, image, end, expected):
    save(raw / "mine" / "lying bar" / f"z.{end}", image)
    found = load(raw)
    assert found.x.shape == (5, 6, 8, 1) and found.y[-1] == 1
    expected = np.asarray(image.convert("L")) if expected is None else expected
    assert np.allclose(found.x[-1, ..., 0] * 255, expected, atol=0.01)


@pytest.mark.parametrize(
    ("image", "end", "expected"),
    [
        (Image.fromarray(COLOUR), "png", COLOUR),
        (Image.fromarray(COLOUR), "webp", COLOUR),
        (Image.fromarray(COLOUR).quantize(256), "png", COLOUR),
        (Image.fromarray(np.dstack([COLOUR, np.full_like(GREY, 255)])), "png", COLOUR),
        (Image.fromarray(np.dstack([COLOUR, np.zeros_like(GREY)])), "png", 255 + 0 * COLOUR),
        (Image.fromarray(np.dstack([255 - COLOUR, 0 * GREY])[..., [0, 1, 2, 3]], "CMYK"), "tiff", COLOUR),
    ],
)
def test_colour_of_every_mode_is_red_green_blue(raw, image, end, expected):
    save(raw / "mine" / "lying bar" / f"z.{end}", image, **({"lossless": True} if end == "webp" else {}))
    found = load(raw)
    assert found.x.shape == (5, 6, 8, 3) and np.allclose(found.x[-1] * 255, expected, atol=0.01)
    assert (found.x[:4, ..., :1] == found.x[:4]).all(), "grey pictures are grey in colour"


def test_the_mode_can_be_told(raw):
    assert load(raw, mode="rgb").x.shape == (4, 6, 8, 3)
    save(raw / "mine" / "lying bar" / "z.png", Image.fromarray(COLOUR))
    found = load(raw, mode="grey")
    expected = np.asarray(Image.fromarray(COLOUR).convert("L"))
    assert found.x.shape == (5, 6, 8, 1) and np.array_equal(np.rint(found.x[-1, ..., 0] * 255), expected)
    assert load(raw, mode="grey").findings == ()


def test_grey_that_is_kept_in_colour_is_said(raw):
    for at in range(4):
        save(
            raw / "mine" / ("lying bar", "cuadrado pequeño")[at % 2] / f"{at // 2}.png",
            Image.fromarray(np.roll(GREY, at)).convert("RGB"),
        )
    found = load(raw)
    assert found.x.shape[-1] == 3 and any("`mode: grey` has a third of the numbers" in line for line in found.findings)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("end", ["jpg", "png", "webp"])
def test_pictures_are_turned_as_the_camera_was_held(tmp_path, orientation, end):
    """A bright top left quarter, stored so that the orientation brings it there."""
    upright = np.zeros((16, 16), np.uint8)
    upright[:8, :8] = 255
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.T,
        6: np.rot90(upright, 1),
        7: upright[::-1, ::-1].T,
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    for at, name in enumerate("ab"):
        save(
            tmp_path / "data/raw/mine" / name / f"{at}.{end}",
            Image.fromarray(np.ascontiguousarray(stored)),
            exif=exif,
            quality=100,
        )
    found = load(tmp_path / "data/raw")
    assert found.x[0, 1:7, 1:7].min() > 0.9 and found.x[0, 9:, :].max() < 0.1 and found.x[0, :, 9:].max() < 0.1
    assert found.card["pictures"]["turned"] == (0 if orientation == 1 else 2)
    assert any("2 pictures were turned" in line for line in found.findings) == (orientation != 1)


# Sizes


def test_several_sizes_are_refused_with_the_line_to_write_and_then_made_one(raw):
    save(raw / "mine" / "lying bar" / "z.png", Image.fromarray(GREY[:4]))
    told = refused(raw)
    assert "pictures of 2 sizes (height x width: 6 x 8: 4, 4 x 8: 1), allowed one: write `size: [6, 8]`" in told
    found = load(raw, size=[6, 8])
    assert found.x.shape == (5, 6, 8, 1) and np.array_equal(found.x[:4], load_without(raw, "z.png").x)


def load_without(raw, name):
    (raw / "mine" / "lying bar" / name).unlink()
    return load(raw)


@pytest.mark.parametrize("fit", ["stretch", "pad", "crop"])
def test_a_size_is_reached_by_stretching_padding_or_cropping(raw, fit):
    wide = np.full((4, 16), 255, np.uint8)
    wide[:, :6] = 0
    save(raw / "mine" / "lying bar" / "z.png", Image.fromarray(wide))
    found = load(raw, size=[8, 8], fit=fit)
    last = found.x[-1, ..., 0]
    assert found.x.shape == (5, 8, 8, 1) and found.x.min() >= 0 and found.x.max() <= 1
    if fit == "pad":
        assert not last[:3].any() and not last[5:].any() and last[3:5, 4:].min() > 0.9
    elif fit == "crop":
        assert last[:, :8].min() > 0.4 and last[:, 2:].min() == 1
    else:
        assert last[:, 4:].min() == 1 and not last[:, :2].any()
    assert any("lying bar/z.png" in line and "`fit: pad`" in line for line in found.findings) == (fit == "stretch")


@pytest.mark.parametrize("size", [[8], [8, 8, 3]])
def test_a_size_has_two_numbers(raw, size):
    assert f"size: given {size}, allowed auto or [height, width]" in refused(raw, size=size)


def test_more_pictures_than_memory_holds_are_refused_before_they_are_read(raw, monkeypatch):
    assert "GB on this machine: write a smaller one" in refused(raw, size=[10_000_000, 10_000_000])
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(total=300))
    assert "given 4 pictures of 6 x 8" in refused(raw)


# Files that are no pictures


def spoil(raw):
    """Files of every bad kind in one class, and what is said of each."""
    place, good = raw / "mine" / "lying bar", raw / "mine" / "lying bar" / "0.png"
    save(place / "big.jpg", Image.fromarray(np.kron(COLOUR, np.ones((20, 20, 1), np.uint8))))
    (place / "cut.jpg").write_bytes((place / "big.jpg").read_bytes()[:900])
    (place / "big.jpg").unlink()
    (place / "cut.png").write_bytes(good.read_bytes()[:60])
    (place / "empty.png").touch()
    (place / "page.jpg").write_text("<html>no picture</html>")
    (place / "lost.png").symlink_to(place / "nowhere")
    (place / "self.png").symlink_to(place / "self.png")
    frames = [Image.fromarray(np.roll(GREY, at)) for at in range(3)]
    frames[0].save(place / "moving.gif", save_all=True, append_images=frames[1:])
    frames[0].save(place / "pages.tiff", save_all=True, append_images=frames[1:])
    save(place / "deep.tiff", Image.fromarray(GREY.astype(np.float32)))
    return {
        "cut.jpg": "a picture that is cut or damaged",
        "cut.png": "a picture that is cut or damaged",
        "empty.png": "an empty file",
        "page.jpg": "no picture",
        "lost.png": "a link that leads nowhere",
        "self.png": "a link that leads nowhere",
        "moving.gif": "3 pictures in one",
        "pages.tiff": "3 pictures in one",
        "deep.tiff": "32 bits a pixel, of which nobody knows where white is",
    }


def test_every_bad_file_is_named_at_once_with_its_reason(raw):
    reasons = spoil(raw)
    head, *lines = refused(raw).splitlines()
    assert head.startswith(f"path: given {len(reasons)} files that are no whole picture") and "`skip_bad: true`" in head
    assert len(lines) == len(reasons)
    for name, reason in reasons.items():
        assert sum(line.startswith(f"  lying bar/{name}: {reason}") for line in lines) == 1, name


def test_bad_files_are_left_out_when_told_and_named_and_counted(raw):
    whole, reasons = load(raw), spoil(raw)
    found = load(raw, skip_bad=True)
    assert np.array_equal(found.x, whole.x) and found.y.tolist() == whole.y.tolist()
    (line,) = found.findings
    assert line.startswith(f"{len(reasons)} files are left out") and all(name in line for name in reasons)
    assert found.card["pictures"]["left_out"] == sorted(f"lying bar/{name}" for name in reasons)


def test_a_class_of_bad_files_alone_is_refused(raw):
    for file in (raw / "mine" / "lying bar").iterdir():
        file.write_bytes(b"")
    assert "skip_bad: given no whole picture of 'lying bar'" in refused(raw, skip_bad=True)


def test_bad_files_and_sizes_are_told_together(raw):
    save(raw / "mine" / "lying bar" / "z.png", Image.fromarray(GREY[:4]))
    (raw / "mine" / "lying bar" / "bad.png").write_bytes(b"bad")
    told = refused(raw)
    assert "lying bar/bad.png: no picture" in told and "write `size: [6, 8]`" in told


# Folders


def test_what_systems_leave_behind_is_no_picture(raw):
    whole = load(raw)
    for name in (
        ".DS_Store",
        "Thumbs.db",
        "desktop.ini",
        "._0.png",
        "__MACOSX/x",
        ".ipynb_checkpoints/0.png",
        "@eaDir/x",
    ):
        for place in (raw / "mine", raw / "mine" / "lying bar"):
            (place / name).parent.mkdir(exist_ok=True)
            (place / name).write_bytes(b"x")
    found = load(raw)
    assert np.array_equal(found.x, whole.x) and found.findings == () and found.class_names == whole.class_names


def test_files_beside_the_classes_are_told(raw):
    (raw / "mine" / "notes.txt").write_text("notes")
    assert load(raw).findings == ("mine: beside the folders of classes, left out: notes.txt",)


def test_folders_within_a_class_are_refused_and_so_is_an_empty_class(raw):
    save(raw / "mine" / "lying bar" / "deeper" / "0.png", Image.fromarray(GREY))
    (raw / "mine" / "nothing").mkdir()
    told = refused(raw)
    assert "mine/lying bar: given folders inside the folder of a class (deeper), allowed pictures: move them up" in told
    assert "mine/nothing: given a class without pictures" in told


def test_one_folder_around_the_classes_is_recognised(raw):
    (raw / "unpacked").mkdir()
    (raw / "mine").rename(raw / "unpacked" / "mine")
    with pytest.raises(
        InputError, match="with one folder \\(mine\\), allowed a folder per class: write `path: unpacked/mine`"
    ):
        source.load(raw, 0, path="unpacked")
    with pytest.raises(InputError, match="with the folders of classes lying bar, allowed two or more"):
        save(raw / "one" / "lying bar" / "0.png", Image.fromarray(GREY))
        source.load(raw, 0, path="one")


def test_links_in_a_circle_are_no_trouble(raw):
    whole = load(raw)
    (raw / "mine" / "lying bar" / "again").symlink_to(raw / "mine")
    (raw / "mine" / "again").symlink_to(raw / "mine")
    assert np.array_equal(load(raw).x, whole.x)


def test_the_order_is_that_of_names_whatever_the_file_system_says(raw, monkeypatch):
    whole, inner = load(raw), Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda place: iter(sorted(inner(place), reverse=True)))
    found = load(raw)
    assert np.array_equal(found.x, whole.x) and found.class_names == whole.class_names


def test_an_accent_is_one_sign_on_every_system(raw):
    (raw / "mine" / "cuadrado pequeño").rename(raw / "mine" / unicodedata.normalize("NFD", "cuadrado pequeño"))
    assert load(raw).class_names == ("cuadrado pequeño", "lying bar")
    save(raw / "mine" / "cuadrado pequeño" / "0.png", Image.fromarray(GREY))
    assert "given 2 folders whose names only a computer tells apart" in refused(raw)


def test_numbered_classes_stand_by_value_and_names_that_look_alike_are_told(tmp_path):
    raw = tmp_path / "data" / "raw"
    for name in ("10", "9", "1"):
        save(raw / "mine" / name / "0.png", Image.fromarray(np.roll(GREY, int(name))))
    assert load(raw).class_names == ("1", "9", "10")
    for name in ("Cat", "cat", "cat "):
        save(raw / "other" / name / "0.png", Image.fromarray(np.roll(GREY, len(name) + name.islower())))
    (line,) = source.load(raw, 0, path="other").findings
    assert line == "other: classes whose names differ in capitals or blanks alone: 'Cat' and 'cat' and 'cat '"


def parted(raw):
    for at, part in enumerate(("train", "val", "test")):
        for name in ("a", "b"):
            save(raw / "mine" / part / name / f"{at}.png", Image.fromarray(np.roll(GREY, 5 * at + ord(name))))


def test_a_split_by_folders_is_refused_with_the_remedy_and_pooled_when_told(tmp_path):
    raw = tmp_path / "data" / "raw"
    parted(raw)
    told = refused(raw)
    assert "with a split of its own (test, train, val)" in told and "`pool_parts: true`" in told
    assert "`path: mine/train` to use one alone" in told
    found = load(raw, pool_parts=True)
    assert found.class_names == ("a", "b") and found.y.tolist() == [0, 0, 0, 1, 1, 1]
    assert "pictures of test, train, val are pooled: each seed draws a split of its own" in found.findings[0]
    assert source.load(raw, 0, path="mine/train").y.tolist() == [0, 1]


# What is said


def test_copies_are_told_and_so_are_those_under_two_classes(raw):
    place = raw / "mine"
    save(place / "lying bar" / "copy.bmp", Image.open(place / "lying bar" / "0.png"))
    assert load(raw).findings == (
        "1 pictures are there more than once, pixel by pixel, and stay in one part: lying bar/0.png = lying"
        " bar/copy.bmp",
    )
    save(place / "cuadrado pequeño" / "copy.png", Image.open(place / "lying bar" / "1.png"))
    assert (
        "1 pictures are there under two classes, of which one is wrong: cuadrado pequeño/copy.png"
        in load(raw).findings[1]
    )


@pytest.mark.parametrize(("high", "is_said"), [(1, True), (16, True), (17, False), (255, False)])
def test_pictures_that_are_all_nearly_black_are_told(raw, high, is_said):
    for at, file in enumerate(sorted((raw / "mine").rglob("*.png"))):
        pixels = np.roll(GREY, 5 * at).astype(int) % (high + 1)
        pixels[0, 0] = high
        save(file, Image.fromarray(pixels.astype(np.uint8)))
    told = f"all pictures are nearly black, {high} of 255 at the brightest: if they hold few shades, as masks do, or 12"
    assert [line.startswith(told) for line in load(raw).findings] == [True] * is_said


def test_uneven_classes_and_plain_pictures_are_told(raw):
    for at in range(20):
        save(raw / "mine" / "lying bar" / f"more{at}.png", Image.fromarray(np.roll(GREY, at + 100) // 2))
    save(raw / "mine" / "lying bar" / "plain.png", Image.fromarray(np.full_like(GREY, 7)))
    uneven, plain = load(raw).findings
    assert "'lying bar' has 23 pictures, 'cuadrado pequeño' 2" in uneven and "balanced_accuracy" in uneven
    assert plain == "1 pictures are of one plain colour: lying bar/plain.png"


def test_a_second_draw_reads_no_picture_again_until_one_changes(raw, monkeypatch):
    first, calls, read = load(raw), [], source._picture_files.read
    monkeypatch.setattr(source._picture_files, "read", lambda *arguments: calls.append(arguments) or read(*arguments))
    again = load(raw)
    assert not calls and np.array_equal(first.x, again.x) and again.x is not first.x
    save(raw / "mine" / "lying bar" / "0.png", Image.fromarray(255 - GREY))
    assert np.array_equal(load(raw).x[2, ..., 0] * 255, (255 - GREY).astype(np.float32)) and calls


def test_check_tells_of_pictures_that_dvc_does_not_see(raw, tmp_path):
    assert source.check(raw, path="mine", **SETTINGS) is None
    outside = tmp_path / "outside"
    (raw / "mine").rename(outside)
    assert "lies outside of data/raw" in source.check(raw, path=str(outside), **SETTINGS)
    with pytest.raises(InputError, match="there is no"):
        source.check(raw, path="mine", **SETTINGS)


def test_a_changed_added_or_renamed_picture_changes_the_digest(raw, monkeypatch):
    from pipeline import paths

    monkeypatch.setattr(paths, "RAW", raw)
    data = DataSettings("own", "folder", {"path": "mine", **SETTINGS}, "none", Split(1, 1, None, 0), {"plain": {}}, 0)
    seen = [raw_digests(data)]
    (raw / "mine" / "Thumbs.db").write_bytes(b"x")
    assert raw_digests(data) == seen[0] and list(seen[0]) == ["mine/"]
    save(raw / "mine" / "lying bar" / "0.png", Image.fromarray(255 - GREY))
    seen.append(raw_digests(data))
    save(raw / "mine" / "lying bar" / "2.png", Image.fromarray(GREY))
    seen.append(raw_digests(data))
    (raw / "mine" / "lying bar").rename(raw / "mine" / "bar")
    seen.append(raw_digests(data))
    (raw / "mine").rename(raw / "elsewhere")
    seen.append(raw_digests(data))
    assert len({str(each) for each in seen}) == 5 and seen[-1] == {}
