"""One run on several GPUs: each takes its share of every batch, and all take the same step."""

import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import TYPE_CHECKING, Any

from pipeline import numerics, paths, plugins
from pipeline.contracts import RunRecord, VariantSettings
from pipeline.errors import InputError
from pipeline.records import Examples, digest, write_json, write_rows
from pipeline.training import memory, record, runtime
from pipeline.training import run as on_one
from pipeline.training.record import Outcome
from pipeline.training.run import RunSpec
from pipeline.training.store import Store, project_store

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

# Keys of runs on several GPUs are made of this file too; those of all others are not, nor do their runs come here.


def run(spec: RunSpec, store: Store | None = None, checkpoints: Path | None = None) -> RunRecord:
    """As training.run.run does it, on as many GPUs as the run's settings say (`gpus_per_run`; none: one device).

    Losses and gradients are those of the whole batch, whatever the number of GPUs; what each works out on its share
    alone are the statistics of batch normalization, and masks of dropout and augmentation, which are alike on all.
    """
    if spec.settings.get("gpus_per_run", 1) == 1:
        return on_one.run(spec, store, checkpoints)
    started, clock = time.time(), time.monotonic()
    memory.forget_peak()
    folder = (checkpoints or paths.CHECKPOINTS) / spec.run_key
    draft = None
    try:
        draft = (store or project_store()).draft()
        result = on_one._record(spec, _train(spec, draft, folder), started, clock)
        (store or project_store()).put(spec.run_key, draft, {k: v for k, v in result.items() if k not in spec.names()})
    except (Exception, SystemExit) as error:  # a plugin's exit is its failure, and not the end of this worker
        return on_one._record(spec, record.crash(error), started, clock)
    finally:
        if draft is not None:
            shutil.rmtree(draft, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
    return result


def _train(spec: RunSpec, draft: Path, checkpoints: Path) -> Outcome:
    """Train one run; history.csv, model.keras and what the task watches are written to `draft`."""
    settings, held = spec.settings, numerics.held()
    assert held == spec.numerics, f"a key for numbers that are {spec.numerics}, in a process whose are {held}"
    write_json(checkpoints / "run.json", {"topic": spec.topic, "variant": spec.variant, "seed": spec.seed})
    training, validation = on_one._planned_examples(spec)
    task = Mirrored(on_one.load_task(settings), strategy(settings["gpus_per_run"]))
    outputs = task.outputs(training, validation)
    model = build(settings, task.strategy, training.x.shape[1:], outputs, spec.seed)
    history = on_one.compile_and_fit(
        task,
        model,
        training,
        validation,
        fit_settings(settings["fit"], len(training), settings["gpus_per_run"]),
        seed=spec.seed,
        checkpoints=checkpoints,
        artifacts=draft,
        cache_key=digest(dict(settings), on_one._traced(training), on_one._traced(validation)),
    )
    write_rows(draft / "history.csv", list(history[0]), history)
    task.saved(model).save(draft / "model.keras")
    return on_one._outcome(history, task.OBJECTIVE, parameters=int(model.count_params()), outputs=outputs)


@cache  # a model that is traced once serves all seeds of its variant, and belongs to one strategy
def strategy(gpus: int) -> "tf.distribute.Strategy":
    """So many of the devices that this process sees, GPUs if there are any (InputError: there are fewer)."""
    import tensorflow as tf

    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    if len(devices) < gpus:
        raise InputError(f"gpus_per_run: given {gpus} in a process that sees {len(devices)}, allowed that at most")
    return tf.distribute.MirroredStrategy([device.name for device in devices[:gpus]])


def build(
    settings: VariantSettings, strategy: "tf.distribute.Strategy", shape: tuple[int, ...], outputs: int, seed: int
) -> "keras.Model":
    """The model that training.run.build gives, its variables on all devices of `strategy`."""
    import keras

    from pipeline.training import augmentation

    runtime.seed(seed)  # clears Keras' session, which ends every scope: so it comes first
    keras.config.set_dtype_policy(settings["precision"])
    layers = augmentation.augmentation(**settings["augment"]) if settings["augment"] else []
    with strategy.scope():
        model = plugins.load("models", settings["model"]).build(shape, outputs, **settings["build"])
        return augmentation.wrap(model, layers)


def refuse_uneven(place: str, batch_size: int, gpus: int) -> None:
    """InputError: a batch that GPUs cannot share evenly, so that some examples would count more than others."""
    if batch_size % gpus:
        raise InputError(
            f"{place}batch_size: given {batch_size} with gpus_per_run: {gpus}, allowed a multiple of {gpus}"
        )


def fit_settings(fit: Mapping[str, Any], examples: int, gpus: int) -> dict[str, Any]:
    """What stands under `fit:`, for batches that all GPUs share evenly: a last, smaller one is left out, as by `xla`.

    XLA itself is off: it cannot reach variables on another device. InputError: a batch size that `gpus` do not divide.
    """
    refuse_uneven("", fit["batch_size"], gpus)
    rows = min(fit["batch_size"], examples // gpus * gpus)
    if not rows:
        raise InputError(f"gpus_per_run: given {gpus} with {examples} training examples, allowed that at most")
    whole = examples // rows
    return {**fit, "batch_size": rows, "epoch_steps": min(whole, fit.get("epoch_steps") or whole), "xla": False}


@dataclass(frozen=True)
class Mirrored:
    """A task whose models are compiled for all devices of `strategy`; all else is as the task has it."""

    task: Any  # a module: see contracts.Task
    strategy: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.task, name)

    def compile(
        self,
        model: "keras.Model",
        training: Examples,
        steps_per_execution: int = 1,
        jit_compile: bool = False,
        **settings: Any,
    ) -> None:
        """Compile as the task does, for gradients of the whole batch and one call of Python an epoch."""
        with self.strategy.scope():
            self.task.compile(
                model, training, steps_per_execution=steps_per_execution, jit_compile=jit_compile, **settings
            )
            _share_loss(model)
        _reduce_before_all_else(model.optimizer)
        # Keras' own loop over the steps of an execution fails on data that are shared among devices (3.15).
        model.train_function = _epoch(model, steps_per_execution)


def _share_loss(model: "keras.Model") -> None:
    """Have a loss that is one number of a whole batch count by a device's share of it.

    Keras does so with losses of one number an example, and would add up the others over all devices. Where devices have
    different numbers of tokens to answer, theirs still count by the device and not by the token.
    """
    loss = model.loss
    if not isinstance(loss, FunctionType):
        return

    def shared(y: Any, answers: Any) -> Any:
        value = loss(y, answers)
        return value if value.shape.rank else value / model.distribute_strategy.num_replicas_in_sync

    model.compile(
        optimizer=model.optimizer, loss=shared, steps_per_execution=model.steps_per_execution, jit_compile=False
    )


def _epoch(model: "keras.Model", steps: int) -> Callable[[Any], dict[str, Any]]:
    """What `fit` calls once an epoch, with its data: all steps, and the logs of the last one."""
    import tensorflow as tf

    strategy = model.distribute_strategy

    def step(batches: Any) -> Any:
        return strategy.run(model.train_step, args=(next(batches),))

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]  # TensorFlow is untyped
    def epoch(batches: Any) -> dict[str, Any]:
        def another(number: Any) -> Any:
            step(batches)
            return number + 1

        tf.while_loop(lambda number: number < steps - 1, another, [tf.constant(0)])
        return {name: strategy.experimental_local_results(value)[0] for name, value in step(batches).items()}

    traced: Callable[[Any], dict[str, Any]] = epoch
    return traced


def _reduce_before_all_else(optimizer: "keras.Optimizer") -> None:
    """Have gradients added up over all devices before they are looked at: noted, clipped, or found to be infinite.

    Keras adds them up after that: each device would clip its own part of the gradient to the norm of the whole.
    """
    inner = getattr(optimizer, "inner_optimizer", optimizer)  # of what scales the loss for float16
    if inner is optimizer and not inner.global_clipnorm and not hasattr(inner, "gradient_norms"):
        return
    inner.__class__ = _shared(type(inner))
    optimizer.__class__ = _reduced(type(optimizer))


def _reduced(kind: type["keras.Optimizer"]) -> type["keras.Optimizer"]:
    import tensorflow as tf

    class Reduced(kind):  # type: ignore[misc]  # Keras is untyped
        """`kind`, given the sum of all devices' gradients."""

        def apply(self, grads: Any, trainable_variables: Any = None) -> None:
            """Add up, then do as `kind` does; a weight that has no gradient has none afterwards."""
            context = tf.distribute.get_replica_context()
            present = [gradient for gradient in grads if gradient is not None]
            sums = iter(context.all_reduce(tf.distribute.ReduceOp.SUM, present))
            super().apply([None if each is None else next(sums) for each in grads], trainable_variables)

    return Reduced


def _shared(kind: type["keras.Optimizer"]) -> type["keras.Optimizer"]:
    import tensorflow as tf

    class Shared(kind):  # type: ignore[misc]
        """`kind`, whose gradients are added up once more after they are clipped: so each device gives its share."""

        def _clip_gradients(self, grads: Any) -> Any:
            devices = tf.distribute.get_strategy().num_replicas_in_sync
            return [gradient if gradient is None else gradient / devices for gradient in super()._clip_gradients(grads)]

    return Shared
