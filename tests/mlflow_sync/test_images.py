"""Pictures of pixels: samples at one scale, matrices side by side, the same bytes each time."""

import demo_topic
import numpy as np
import pytest
from PIL import Image

from pipeline import paths
from pipeline.mlflow_sync import images
from pipeline.mlflow_sync.publish import publish


def looks_at_noise(times=3):
    return np.random.default_rng(0).random((times, 64, 6, 5, 1), np.float32)


def test_images_lie_eight_in_a_row_and_share_their_brightness():
    looks = looks_at_noise()
    looks[0] *= 0.5
    first, *_, last = images.sheets(looks)
    assert first.size == (2 * 8 * 5, 2 * 8 * 6)
    assert np.asarray(first).max() <= 128 < np.asarray(last).max()
    tile = np.asarray(last)[0:12:2, 10:20:2]  # the second sample
    np.testing.assert_allclose(tile / 255, looks[-1, 1, :, :, 0], atol=0.01)


def test_points_far_away_stay_in_the_picture_and_lost_ones_stop_nothing():
    points = np.random.default_rng(0).normal(size=(2, 64, 2))
    points[0, 0], points[0, 1] = (1e6, -1e6), (np.nan, np.inf)
    first, last = images.sheets(points)
    assert first.size == last.size and first.tobytes() != last.tobytes()


def test_samples_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"samples: given shape \(4,\), allowed images"):
        images.sheets(np.zeros((1, 64, 4)))


def test_an_animation_has_every_look_and_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        images.animate(images.sheets(looks_at_noise()), tmp_path / f"{name}.gif")
    assert Image.open(tmp_path / "one.gif").n_frames == 3
    assert (tmp_path / "one.gif").read_bytes() == (tmp_path / "two.gif").read_bytes()


def test_matrices_that_can_be_read_stand_side_by_side():
    few = [[3, 1], [0, 4]]
    one = images.confusions({"a": few, "none": [], "zero": [[0, 0], [0, 0]]})
    five = images.confusions(dict.fromkeys("abcde", few))
    assert five.width > one.width and five.height > one.height
    assert one.getpixel((images.GAP + 3, images.GAP + 3)) != (255, 255, 255)
    assert images.confusions({"none": []}) is None


def test_matrices_of_named_classes_have_room_for_the_names():
    few = [[3, 1], [0, 4]]
    plain, named = images.confusions({"a": few}), images.confusions({"a": few}, {"a": ["cat", "cuadrado pequeño"]})
    assert images.confusions({"a": few}, {"other": ["x", "y"]}).tobytes() == plain.tobytes()
    assert named.width > plain.width + 100
    left = np.asarray(named.convert("L"))[images.GAP :, : named.width - plain.width]
    assert (left < 128).sum() > 100, "no names before the rows"


def sampled():
    """A topic with three looks at the samples of one run."""
    demo_topic.train()
    file = paths.run(demo_topic.TOPIC, demo_topic.VARIANTS[0], 0) / "samples.npz"
    np.savez(file, epochs=np.array([1, 2, 4]), images=looks_at_noise())


def logged_images():
    run = demo_topic.runs()[demo_topic.VARIANTS[0], "0"]
    return [file.path for file in demo_topic.mlflow_client().list_artifacts(run.info.run_id, "images")]


def test_samples_are_where_charts_find_images_by_epoch(mlflow_store):
    sampled()
    publish()
    run = demo_topic.runs()[demo_topic.VARIANTS[0], "0"]
    names = logged_images()
    assert run.data.tags["mlflow.loggedImages"] == "True" and "images/samples.gif" in names and len(names) == 7
    assert [name for name in names if name.startswith("images/samples+step+4+timestamp+1700000008000+")]
    with demo_topic.unwritten(mlflow_store):
        assert publish() == demo_topic.NOTHING


@pytest.mark.parametrize("call", [1, 2, 3, 4, 5, 6])
def test_samples_cut_short_are_completed_each_once(mlflow_store, monkeypatch, call):
    """Each of three pictures takes two writes of MLflow's; only the first of a picture may be there twice."""
    from mlflow import MlflowClient

    sampled()
    calls, whole = [], MlflowClient.log_artifact

    def cut(*arguments, **named):
        calls.append(arguments)
        if len(calls) == call:
            raise KeyboardInterrupt
        return whole(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "log_artifact", cut)
        with pytest.raises(KeyboardInterrupt):
            publish()
    publish()
    steps = [name.split("+")[2] for name in logged_images() if name.endswith("+compressed.webp")]
    assert sorted(steps) == ["1", "2", "4"]
    files = logged_images()
    publish()
    assert logged_images() == files
