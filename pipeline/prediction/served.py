"""What MLflow serves of a topic on a table: raw columns in, names of classes with probabilities (or numbers) out."""

import importlib
import json
import logging
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import numerics
from pipeline.prediction import answers, encoded
from pipeline.sources import _new_rows, _typed

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

FACTS = "aula_table.json"  # beside the code of a package: what `facts` tells
REQUEST = "the request"
LOG = logging.getLogger("aula")


def facts(
    card: Mapping[str, Any], settings: Mapping[str, Any], mode: numerics.Mode, temperature: float | None
) -> dict[str, Any]:
    """All that a package must know beside model.keras: how rows are encoded and answers told."""
    of_card = {name: card[name] for name in ("encoder", "form", "scale", "classes")}
    of_card |= {"class_names": answers.names(card)}
    plugged = {name: settings[name] for name in ("model", "task")}
    return {"card": of_card, **plugged, "numerics": mode, "temperature": temperature}


class TableModel:
    """The model of a table as mlflow.pyfunc asks it; `answer` gives what its task predicts on encoded rows."""

    def __init__(self, answer: "Callable[[np.ndarray], np.ndarray]", known: Mapping[str, Any]) -> None:
        self.answer, self.known = answer, known

    def predict(self, data: "pd.DataFrame") -> "pd.DataFrame":
        """A row of answers for each row of `data`, whose columns are found by name and whose gaps are None or NaN.

        Words that training has not seen, and what is no number or day, are taken as `predict` takes them, counted and
        logged. InputError: a column that is lacking, or a number too far from those of training.
        """
        import pandas as pd
        import pyarrow as pa

        card = self.known["card"]
        cells = _typed.of_table(pa.Table.from_pandas(data, preserve_index=False), REQUEST)
        rows = _new_rows.read(cells, card["form"], card["encoder"]["columns"], (), is_typed=True)
        found = encoded.encode(rows, card, most_unseen=1.0)
        for line in found.said:
            LOG.warning("%s: %s", REQUEST, line)
        predicted = self.answer(found.x)
        return pd.DataFrame(answers.columns(predicted, card["class_names"], self.known["temperature"]))


def load(model: Path, known: Path) -> TableModel:
    """The model in the file `model`, with what is written in `known`.

    Where TensorFlow is not imported yet, it is told to add up as it did in training.
    """
    told = json.loads(known.read_text(encoding="utf-8"))
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if "tensorflow" not in sys.modules:
        numerics.settle(told["numerics"])
    import keras

    importlib.import_module(f"pipeline.models.{told['model']}")  # its own layers must be known
    network = keras.saving.load_model(model, compile=False)
    task = importlib.import_module(f"pipeline.tasks.{told['task']}")
    return TableModel(lambda x: task.predict(network, x), told)
