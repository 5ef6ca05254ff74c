"""What MLflow serves of a user's own topic: raw data in, names of classes with probabilities (or numbers) out."""

import importlib
import json
import logging
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import numerics
from pipeline.errors import InputError
from pipeline.new_data import REQUEST, Field
from pipeline.prediction import answers, encoded

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

FACTS = "aula_model.json"  # beside the code of a package: what `facts` tells
OF_CARD = ("encoder", "form", "request", "recordings", "shape", "scale", "classes")  # whatever of these there is
MOST_UNSEEN = "most_unseen"  # a parameter of a request: as --most-unseen of `predict`
MOST_NAMED = 3
LOG = logging.getLogger("aula")


def facts(
    card: Mapping[str, Any], settings: Mapping[str, Any], mode: numerics.Mode, temperature: float | None
) -> dict[str, Any]:
    """All that a package must know beside model.keras: how requests are read and encoded, and answers told."""
    of_card = {name: card[name] for name in OF_CARD if name in card} | {"class_names": answers.names(card)}
    plugged = {"source": card["source"], **{name: settings[name] for name in ("model", "task")}}
    return {"card": of_card, **plugged, "numerics": mode, "temperature": temperature}


class OwnModel:
    """A model of a user's data as mlflow.pyfunc asks it; `answer` gives what its task predicts on encoded examples."""

    def __init__(self, answer: "Callable[[np.ndarray], np.ndarray]", known: Mapping[str, Any]) -> None:
        self.answer, self.known = answer, known

    def predict(self, data: Any, params: Mapping[str, Any] | None = None) -> "pd.DataFrame":
        """A row of answers for each example of `data`: cells by their columns' names, or arrays by theirs.

        What is not as in training is counted and logged, as `predict` does. InputError: what is lacking or cannot be
        read, and more than a share of cells that are not as in training, which the parameter `most_unseen` sets.
        """
        import pandas as pd

        card, source = self.known["card"], importlib.import_module(f"pipeline.sources.{self.known['source']}")
        rows = source.read_request(data, card)
        if rows.left_out:
            shown = "; ".join(rows.left_out[:MOST_NAMED])
            told = f"given {len(rows.left_out)} of {len(rows) + len(rows.left_out)} that cannot be read ({shown})"
            raise InputError(f"{REQUEST}: {told}, allowed what can: leave these out")
        most = float((params or {}).get(MOST_UNSEEN, encoded.MOST_UNSEEN))
        found = encoded.encode(rows, card, most, option=f"the parameter {MOST_UNSEEN}")
        for line in (*rows.findings, *found.said):
            LOG.warning("%s: %s", REQUEST, line)
        fields: list[Field] = source.fields(card)
        names = {each.name: rows.names[each.name] for each in fields if each.is_name}
        answered = answers.columns(self.answer(found.x), card["class_names"], self.known["temperature"])
        return pd.DataFrame({**names, **answered})


def load(model: Path, known: Path) -> OwnModel:
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
    return OwnModel(lambda x: task.predict(network, x), told)
