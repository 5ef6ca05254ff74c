"""A small params.yaml with its profiles, ways to spoil them, and what is said of them then."""

import pytest
from ruamel.yaml import YAML

from pipeline.settings import params

T, V = "topics.convolution", "topics.convolution.variants"
GOOD = """
profile: laptop
seeds: 6
data:
  signals:
    source: mnist1d
    load: {samples: 600}
    scale: standard
    split: {validation: 100, test: 100, seed: 0}
    views:
      plain: {}
      over: {rebalance: {sampler: over}}
  pictures:
    source: digits
    split: {validation: 0.2, test: 0.2}
    views:
      plain: {}
      turned: {augment: {rotate: 10}}
topics:
  convolution:
    data: signals
    model: convnet
    build: {channels: 4}
    fit: {epochs: 2, learning_rate: 1e-3}
    metrics: [accuracy, shifted_accuracy, near_over_far]
    variants:
      mlp: {model: mlp, build: {width: 8}}
      mlp_shuffled: {model: mlp}
      stride: {build: {pooling: stride}}
      stride_shuffled: {build: {pooling: stride}}
      stride_wide: {build: {pooling: stride, kernels: [12, 3, 3]}}
      one_layer: {build: {pooling: stride, kernels: [5]}}
      average: {build: {pooling: average}}
      max: {view: over}
      images_mlp: {data: pictures, model: mlp}
      images_stride: {data: pictures, view: turned}
      images_max: {data: pictures, augment: {shift: 0.1}}
      images_local: {data: pictures, model: local}
      images_stride_wide: {data: pictures, build: {pooling: stride, kernels: [8, 3]}}
      images_stride_mean: {data: pictures, build: {head: average}}
      images_stride_scaled: {data: pictures}
      pixels: {data: pictures}
      pixels_shuffled: {data: pictures}
      local: {model: local}
      local_narrow: {model: local}
"""
SMOKE = """
every_topic: {seeds: 2, fit: {epochs: 1}}
every_data: {seed: 3}
data:
  signals: {load: {samples: 60}}
topics:
  convolution:
    variants: {max: {fit: {batch_size: 7}}}
"""
FULL = "every_topic: {seeds: 20}"
GPU = "extends: full"


def read(tmp_path, text=GOOD, *, profile=None, **files):
    """The settings of params.yaml as in `text`, with profiles as given beside it."""
    (tmp_path / "params.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "profiles").mkdir(exist_ok=True)
    for name, written in ({"smoke": SMOKE, "full": FULL, "gpu": GPU} | files).items():
        (tmp_path / "profiles" / f"{name}.yaml").write_text(written, encoding="utf-8")
    return params.read(tmp_path / "params.yaml", profile=profile)


def complaints(tmp_path, text=GOOD, **files):
    with pytest.raises(params.ParamsError) as caught:
        read(tmp_path, text, **files)
    return caught.value.lines


def spoiled(path, value, remove=False, text=GOOD):
    """The text with the value at a dotted path replaced (or the key removed)."""
    import io

    tree = YAML(typ="safe").load(text)
    *parents, last = path.split(".")
    place = tree
    for parent in parents:
        place = place.setdefault(parent, {})
    if remove:
        del place[last]
    else:
        place[last] = value
    out = io.StringIO()
    YAML().dump(tree, out)
    return out.getvalue()
