"""What a user of Ray Tune or KerasTuner would write to search a learning rate: `benchmarks/sweeps.py` measures it.

    python benchmarks/tuners.py ray-tune TOPIC VARIANT TRIALS SEEDS

It is run in a copy of the project whose data are prepared and planned, by an interpreter that has the library. Each
trial is as many runs of plain Keras as there are seeds, each seed with data and weights of its own, as in Aula.
"""

import itertools
import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # it would tell its makers
LOWEST, HIGHEST = 0.0003, 0.03  # learning rates
CONCURRENT = 2


class Project:
    """One variant as it is planned: its data by seed, its model, and how it is trained."""

    def __init__(self, topic: str, variant: str, seeds: int) -> None:
        planned = json.loads(Path(f"data/plan/{topic}.json").read_text("utf-8"))["variants"][variant]
        self.settings: dict[str, Any] = planned["settings"]
        self.draws = dict(list(planned["draws"].items())[:seeds])  # by seed
        self.fit = {name: self.settings["fit"][name] for name in ("epochs", "batch_size")}
        plain = {*self.fit, "learning_rate", "optimizer"}
        other = [name for name, value in self.settings["fit"].items() if value and name not in plain]
        if other or self.settings["fit"].get("optimizer", "adam") != "adam" or self.settings["augment"]:
            raise SystemExit(f"{variant}: given {other or 'another optimizer, or augmentation'}, allowed plain Adam")

    def data(self, seed: str) -> dict[str, Any]:
        """What Keras' fit takes."""
        import numpy as np

        place, view = Path("data/prepared") / self.settings["data"] / str(self.draws[seed]), self.settings["view"]
        training = np.load(place / "fit" / f"{view}.npz")
        validation = np.load(place / "validation.npz")
        return {"x": training["x"], "y": training["y"], "validation_data": (validation["x"], validation["y"])}

    def model(self, seed: str, rate: float) -> Any:
        """Built and compiled."""
        import keras

        from pipeline import plugins

        keras.utils.set_random_seed(int(seed))
        data = self.data(seed)
        build = plugins.load("models", self.settings["model"]).build
        model = build(data["x"].shape[1:], int(data["y"].max()) + 1, **self.settings["build"])
        model.compile(keras.optimizers.Adam(rate), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        return model


def ray_tune(project: Project, trials: int) -> None:
    """A process a trial, two at a time."""
    import ray
    from ray import tune

    def trial(config: dict[str, float]) -> None:
        losses = []
        for seed in project.draws:
            model = project.model(seed, config["learning_rate"])
            history = model.fit(**project.data(seed), **project.fit, verbose=0).history
            losses.append(history["val_loss"][-1])
        tune.report({"val_loss": sum(losses) / len(losses)})

    ray.init(address="local", num_cpus=CONCURRENT, include_dashboard=False)
    place = Path.cwd()

    def at_home(config: dict[str, float]) -> None:
        os.chdir(place)  # Tune has each trial begin in a folder of its own
        trial(config)

    tuner = tune.Tuner(
        tune.with_resources(at_home, {"cpu": 1}),
        param_space={"learning_rate": tune.loguniform(LOWEST, HIGHEST)},
        tune_config=tune.TuneConfig(
            metric="val_loss", mode="min", num_samples=trials, max_concurrent_trials=CONCURRENT
        ),
        run_config=tune.RunConfig(storage_path=str(place / "ray_results"), verbose=0),
    )
    results = tuner.fit()
    if results.errors:
        raise SystemExit(f"{len(results.errors)} trials failed, the first with {results.errors[0]}")
    print(results.get_best_result().metrics["val_loss"])


def keras_tuner(project: Project, trials: int) -> None:
    """All in this process, one run after the other."""
    import keras_tuner as kt

    class Searched(kt.HyperModel):  # type: ignore[misc]
        """A run of each seed in turn: KerasTuner builds and fits `executions_per_trial` times for each trial."""

        def __init__(self) -> None:
            super().__init__()
            self.seeds = itertools.cycle(project.draws)
            self.seed = next(self.seeds)

        def build(self, hp: Any) -> Any:
            """A compiled model."""
            return project.model(self.seed, hp.Float("learning_rate", LOWEST, HIGHEST, sampling="log"))

        def fit(self, hp: Any, model: Any, *words: Any, **more: Any) -> Any:
            """A history."""
            seed, self.seed = self.seed, next(self.seeds)
            return model.fit(**project.data(seed), **project.fit, **more)

    tuner = kt.RandomSearch(
        Searched(),
        objective="val_loss",
        max_trials=trials,
        executions_per_trial=len(project.draws),
        directory="keras_tuner",
        project_name="measured",
    )
    tuner.search(verbose=0)
    print(tuner.oracle.get_best_trials(1)[0].score)


if __name__ == "__main__":
    what, topic, variant, trials, seeds = sys.argv[1:]
    searches = {"ray-tune": ray_tune, "keras-tuner": keras_tuner}
    searches[what](Project(topic, variant, int(seeds)), int(trials))
