"""A model that cannot take the shape of its data is refused before any run, just where the model itself refuses it."""

import itertools

import keras
import pytest
from written_settings import complaints, spoiled

from pipeline import paths, plugins
from pipeline.errors import InputError
from pipeline.records import write_sealed
from pipeline.settings import params, shapes
from pipeline.settings.plan import prepared_key
from pipeline.settings.topic_blocks import TAKES

SHAPES = [(3, 3, 1), (28, 28, 1), (5, 1), (30, 2), (6,), (12,)]
BUILDS = {
    "convnet": [
        {"channels": 2, "pooling": pooling, "padding": padding}
        for pooling, padding in itertools.product(("stride", "average", "none"), ("same", "valid"))
    ],
    "local": [{"channels": 2, "padding": padding} for padding in ("same", "valid")],
    "recurrent": [{}, {"states": "all"}],
    "tagger": [{}],
    "encoder_decoder": [{}, {"source_length": 11}],
    "glyphnet": [{}, {"channels": [4]}, {"channels": [4, 4, 4]}],
    "gan": [{}, {"networks": "convolutional"}, {"networks": "convolutional", "depth": 1}],
    "mlp": [{}],
    "prior": [{}],
    "boosted_trees": [{"trees": 3}],
}
ANY = {"mlp", "prior", "boosted_trees"}  # models that take every shape
RANKS = {"image": 3, "signal": 2, "sequence": 2, "text": 1, "table": 1, "points": 1}


def whole(model, build):
    return {name: setting.default for name, setting in plugins.settings("models", model).items()} | build


def test_every_shipped_model_is_tried():
    assert set(BUILDS) == set(plugins.names("models")) and set(shapes.ASKED) == set(BUILDS) - ANY


@pytest.mark.slow
@pytest.mark.parametrize("model", BUILDS)
def test_a_shape_is_refused_where_the_model_refuses_it(model):
    for build, shape in itertools.product(BUILDS[model], SHAPES):
        keras.backend.clear_session()
        try:
            plugins.load("models", model).build(shape, 2, **build)
            refused = False
        except ValueError:  # Keras' own, or an InputError
            refused = True
        told = shapes.unfit(model, whole(model, build), shape)
        assert (told is not None) == refused, (model, build, shape, told)


@pytest.mark.parametrize("model", TAKES)
def test_a_kind_is_refused_only_where_no_shape_of_it_is_taken(model):
    """Tokens are of one rank with tables and points, and an embedding would take their numbers for words."""
    for kind, rank in RANKS.items():
        shape = {3: (64, 64, 1), 2: (64, 2), 1: (64,)}[rank]
        if kind in TAKES[model]:
            assert shapes.unfit(model, whole(model, {}), shape) is None
        elif rank > 1 or "text" not in TAKES[model]:
            assert shapes.unfit(model, whole(model, {}), shape)


def test_an_unknown_model_is_asked_when_it_is_built():
    assert shapes.unfit("own", {}, (3,)) is None


def test_a_kind_that_a_model_cannot_take_is_refused_with_all_other_settings(tmp_path):
    lines = complaints(tmp_path, spoiled("topics.convolution.variants.stride.model", "glyphnet"))
    told = "params.yaml: topics.convolution.variants.stride.model: given glyphnet on data of kind 'signal'"
    assert f"{told}, allowed it on image" in lines


def test_prepared_data_that_a_model_cannot_take_are_refused_by_name(house):
    settings = params.read(profile="laptop")
    topic = settings.topics["long_tail"]
    name, variant = next(iter(topic.variants.items()))
    block = settings.data[variant.data]
    draw = block.draw(settings.first_seed)
    for shape, told in (((28, 28, 1), None), ((3, 28, 1), "both sides 4 or more")):
        write_sealed(paths.card(block.name, draw), {"key": prepared_key(block, draw), "shape": list(shape)})
        if told is None:
            assert shapes.refuse_unfit(settings) is None
            continue
        with pytest.raises(InputError) as caught:
            shapes.refuse_unfit(settings)
        first = str(caught.value).splitlines()[0]
        assert first.startswith(f"topics.long_tail.variants.{name}: {variant.model} on data.{block.name}: given shape")
        assert told in first
