"""The command line: choose a command, then import it."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from pipeline import arguments, errors, numerics, paths, spoken, streams
from pipeline.errors import InputError, RunsFailed
from pipeline.spoken import tell, tell_each

if TYPE_CHECKING:
    from pipeline.contracts import Language
    from pipeline.settings.params import Settings

DONE, RUN_FAILED, WRONG_INPUT = 0, 1, 2
STOPPED = "stopped; finished runs are kept: the same command goes on with the rest"


def check(settings: "Settings") -> int:
    """validate params.yaml for every profile, and list the values without effect and the data to get in this one"""
    from pipeline.operations import checkout, data_files
    from pipeline.settings import costed_class, held_out, shapes

    runs = sum(len(topic.variants) * topic.seeds for topic in settings.topics.values())
    tell(f"params.yaml is sound: profile {settings.profile}, {len(settings.topics)} topics, {runs} runs")
    if settings.left_out:
        tell(f"params.yaml: only: {', '.join(settings.left_out)} left out: not prepared, trained, judged or shown")
    notes = [note for topic in settings.topics.values() if (note := topic.note())]
    voids = [void.line() for void in settings.voids]
    tell_each((*voids, *notes, *data_files.absent(settings.data), *checkout.strays(), arguments.ADD))
    shapes.refuse_unfit(settings)
    held_out.refuse_few(settings)
    costed_class.refuse_unfit(settings)
    return DONE


def prepare(settings: "Settings", data: str | None) -> int:
    """split, scale, rebalance and augment the data sets, or one of them"""
    from pipeline.settings.plan import data_named
    from pipeline.settings.seeds import draws
    from pipeline.stages.side_by_side import prepared

    blocks = [data_named(settings, data)] if data else list(settings.data.values())
    for name in prepared(blocks, draws(settings), settings.workers):
        tell(f"prepared {name}")
    return DONE


def plan(settings: "Settings") -> int:
    """resolve what decides every topic's numbers"""
    from pipeline.operations import asked
    from pipeline.settings import costed_class, held_out, shapes
    from pipeline.settings.plan import plan

    shapes.refuse_unfit(settings)
    held_out.refuse_few(settings)
    costed_class.refuse_unfit(settings)
    plan(settings)
    asked.remember(settings)
    _adopt(settings)  # DVC deletes data/runs/<topic> before it starts `train`
    return DONE


def train(settings: "Settings", topic: str) -> int:
    """train every variant of a topic with every seed"""
    from pipeline.operations import lock
    from pipeline.stages import left_out

    if left_out.train(settings, topic):
        return DONE
    from pipeline.stages.train import train

    with lock.hold(f"train_{topic}", wait=True):
        _adopt(settings, [topic] if topic in settings.topics else [])
        records = train(settings, topic)
    _track([topic])
    failed = [record for record in records if record["status"] == "failed"]
    if failed:
        lines = [f"{record['variant']} seed {record['seed']}: {record['reason']}" for record in failed]
        raise RunsFailed(f"{len(failed)} of {len(records)} runs failed, the first: {lines[0]}", lines)
    return DONE


def evaluate(settings: "Settings", topic: str) -> int:
    """score a topic's runs on held-out data"""
    from pipeline.report import terminal
    from pipeline.stages import left_out
    from pipeline.stages.evaluate import evaluate
    from pipeline.stages.judge import of_topic

    if left_out.evaluate(settings, topic):
        return DONE
    evaluate(settings, topic)  # the report brings the scores of all topics to MLflow, in one go
    if rows := of_topic(settings, topic):  # nobody need wait for the page
        terminal.show(rows, topics={topic: settings.topics[topic].topic})
    return DONE


def judge(settings: "Settings") -> int:
    """judge the claims of all topics from their scores"""
    from pipeline import freshness
    from pipeline.report import terminal
    from pipeline.stages.judge import judge

    tell(terminal.summary(judge(freshness.evaluated(settings))))
    return DONE


def look(settings: "Settings") -> int:
    """ask for more seeds where claims are undecided; the next `dvc repro` trains them"""
    from pipeline import freshness
    from pipeline.stages.look import look

    tell_each(look(settings, freshness.evaluated(settings)) or ["no claim needs more seeds within the budget"])
    return DONE


def report(settings: "Settings", page_only: bool = False, watch: bool = False, port: int = 0) -> int:
    """write data/report: the verdicts, the page and its pictures"""
    from pipeline import freshness
    from pipeline.operations import lock, preview
    from pipeline.report import terminal
    from pipeline.stages.judge import judge, judged
    from pipeline.stages.report import current_sweeps, report

    if watch:
        return preview.watch(port)
    with lock.hold("page", wait=True):  # what is read is read under it: no older page is written last
        states = freshness.evaluated(settings)
        rows = judged(states) if page_only else judge(states)
        report(states, rows, settings.language, current_sweeps(settings))
    if not page_only:
        _track(list(settings.topics))
    tell(f"{(paths.REPORT / 'index.html').relative_to(paths.ROOT)}: {terminal.summary(rows)}")
    return DONE


def claims(settings: "Settings", topic: str | None, json: bool) -> int:
    """show the present verdicts, of one topic or of all"""
    from pipeline import freshness
    from pipeline.report import terminal
    from pipeline.settings.plan import require_topic
    from pipeline.stages.judge import judged

    require_topic(settings, topic)
    states = freshness.planned(settings)
    terminal.show(terminal.chosen(judged(states), topic), json, {state.name: state.topic for state in states})
    return DONE


def results(settings: "Settings") -> int:
    """publish: keep the present results under data/published, and write docs/results.md from them"""
    from pipeline import freshness
    from pipeline.report.results import publish
    from pipeline.stages.judge import judged

    states = freshness.planned(settings)
    publish(settings, states, judged(states))
    return DONE


def add(
    settings: "Settings",
    file: str,
    label: str | None,
    group: str | None,
    series: str | None,
    target: str | None,
    kind: str | None,
    load: list[str],
    name: str | None,
    dry_run: bool,
    only: bool,
) -> int:
    """take in a file or folder of yours: show what it holds, write data and a topic into params.yaml"""
    from pipeline.operations import add as adding
    from pipeline.report import terminal

    asked = {"label": label, "group": group, "series": series, "target": target, "kind": kind}
    found = adding.understand(file, name, asked, load)
    terminal.show_understood(found.summary, found.columns, found.data.counts, found.findings)
    if dry_run:
        print("\n".join(adding.blocks(found)))
    else:
        adding.write(found, alone=only)
    tell_each(adding.next_lines(found, alone=only, dry_run=dry_run))
    return DONE


def predict(
    settings: "Settings", topic: str, file: str, variant: str | None, out: str | None, raw: bool, most_unseen: float
) -> int:
    """answer a file or folder by a topic's best model: classes with probabilities, or numbers"""
    from pathlib import Path

    from pipeline.prediction.predict import predict
    from pipeline.report import terminal

    if out is not None and Path(out).expanduser().resolve() == Path(file).expanduser().resolve():
        raise InputError(f"--out: given {out!r}, which is to be answered, allowed another file")
    found = predict(settings, topic, file, variant=variant, most_unseen=most_unseen, raw=raw)
    tell_each((found.model, *found.findings), file=sys.stderr)
    if out is None:
        terminal.show_predictions(found.columns)
    else:
        found.write(Path(out).expanduser())
        tell(f"{out}: {len(next(iter(found.columns.values())))} rows")
    return DONE


def card(settings: "Settings", topic: str, out: str | None) -> int:
    """write the card of a topic's best model: data, scores, verdicts, limits, licence"""
    from pathlib import Path

    from pipeline.prediction import model_card
    from pipeline.records import write_bytes
    from pipeline.stages.judge import of_topic

    text = model_card.card(settings, topic, of_topic(settings, topic))
    if out is None:
        print(text, end="")
    else:
        write_bytes(Path(out).expanduser(), text.encode())
        tell(f"{out}: the card of {topic}")
    return DONE


def demo(settings: "Settings", topic: str) -> int:
    """try one topic with two seeds in a copy of the project: its page in a minute or two"""
    from pipeline.demo import demo

    tell(demo(settings, topic))
    return DONE


def handout(settings: "Settings", topic: str, language: "Language | None", out: str | None) -> int:
    """print a topic for a class: a PDF of two A4 pages with its results and three exercises"""
    from pipeline.lessons import handout

    tell(handout.write(settings, topic, language, out))
    return DONE


def repro(settings: "Settings", targets: Sequence[str]) -> int:
    """dvc repro, alone and after mending what a kill left torn; a topic that fails stops no other"""
    from pipeline.operations.dvc_repro import repro

    return repro(settings, targets)


def sweep(settings: "Settings", name: str | None, plan: bool, adopt: bool) -> int:
    """search better settings for a variant, as a block under sweeps: says; --plan: only what it would cost"""
    from pipeline.operations import lock
    from pipeline.stages import sweep as sweeps

    for each in sweeps.asked(settings, name):
        if plan or adopt:  # nothing is trained: there is nobody to wait for, and nothing to publish
            tell_each(sweeps.look_ahead(settings, each) if plan else sweeps.adopt_found(settings, each))
        else:
            with lock.hold(f"train_sweep_{each}", wait=True):
                tell_each(sweeps.lines(sweeps.sweep(settings, each)))
            _track([settings.sweeps[each].topic])
    return DONE


def cluster(settings: "Settings", action: str, **words: Any) -> int:
    """up, join, down or status: start, stop and look at nodes that train runs, on this machine or others"""
    from pipeline.cluster import launch

    tell_each(launch.carry_out(action, settings.cluster.address, **words))
    return DONE


def publish(settings: "Settings") -> int:
    """bring MLflow in line with the files under data/"""
    from pipeline.mlflow_sync import tracking_store
    from pipeline.mlflow_sync.publish import publish

    try:
        counts = publish()
    except tracking_store.Unreachable as error:
        print(f"MLflow: {error}", file=sys.stderr)
        return WRONG_INPUT if isinstance(error, InputError) else RUN_FAILED
    tell(", ".join(f"{count} {what}" for what, count in counts.items()) + " written to MLflow")
    return DONE


def reproduce(settings: "Settings", run: str) -> int:
    """train a finished run again and say whether it repeats to the bit"""
    from pipeline.operations.rerun import reproduce

    return DONE if reproduce(run) else RUN_FAILED


def runs(settings: "Settings", action: str, present_only: bool) -> int:
    """list finished runs, drop what no topic asks for, or push them to (pull them from) the team's store"""
    from pipeline.operations import exchange

    _adopt(settings)
    tell(exchange.carry_out(action, settings, present_only))
    return DONE


def ui(settings: "Settings", port: int) -> int:
    """MLflow's UI over the same store, on loopback only"""
    from pipeline.mlflow_sync.ui import ui

    return ui(port)


COMMANDS: dict[str, Callable[..., int]] = {
    command.__name__: command
    for command in (
        *(check, add, demo, repro, prepare, plan, train, evaluate, judge, look, report, sweep),
        *(claims, results, predict, card, cluster, handout, publish, reproduce, runs, ui),
    )
}
STAGES = ("prepare", "plan", "train", "evaluate", "judge", "report")  # they say first which values have no effect


def _adopt(settings: "Settings", topics: Sequence[str] | None = None) -> None:
    """Take runs that DVC has brought into the store."""
    from pipeline.operations.adoption import adopt

    tell_each(adopt(settings, topics), file=sys.stderr)


def _track(topics: Sequence[str]) -> None:
    """Publish to MLflow; a store out of reach, or a full disk, never fails a stage."""
    from pipeline.mlflow_sync.publish import publish_if_possible

    publish_if_possible(topics)


def parser() -> argparse.ArgumentParser:
    """The commands and their arguments."""
    from pipeline.report import speech

    does = {name: command.__doc__ for name, command in COMMANDS.items()}
    return arguments.parser(does, speech.settle_for_help)


def main(words: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code; params.yaml is checked first, whatever the command.

    An InputError is the user's mistake, told by its type alone, and so is a file that may not be read or written, or a
    full disk; any other error is ours and keeps its traceback.
    """
    options = vars(parser().parse_args(words))
    name = options.pop("command")
    os.environ.update({"AULA_CLUSTER": head} if (head := options.pop("head", None)) else {})  # also for what DVC starts
    tell_each(numerics.settle("portable"), file=sys.stderr)  # before NumPy comes; params.yaml has not been read yet
    from pipeline.operations import outcomes, signals

    signals.stop_in_order()
    streams.print_anything()
    with outcomes.noted(name, options.get("topic")) as outcome:
        outcome.code, reason = _carry_out(name, options)
        outcome.explain(reason)
        if reason:
            print(spoken.told(reason) if reason == STOPPED else reason, file=sys.stderr)
    return outcome.code


def _carry_out(name: str, options: dict[str, Any]) -> tuple[int, str]:
    """Exit code of a command, and what there is to say of it on stderr."""
    try:  # which may be stopped while it is imported
        from pipeline.operations import checkout
        from pipeline.report import speech
        from pipeline.settings import announcement
        from pipeline.settings.params import read

        settings = read(paths.PARAMS)
        numerics.settle(settings.numerics)
        speech.settle(settings.language)
        if name in STAGES and not (options.get("page_only") or options.get("watch")):
            first = announcement.of_stage(settings, name, options.get("topic"), options.get("data"))
            tell_each(first, file=sys.stderr)
        return COMMANDS[name](settings, **options), ""
    except RunsFailed as error:
        tell_each((f"failed: {line}" for line in error.runs), file=sys.stderr)
        return RUN_FAILED, str(error)
    except InputError as error:
        return WRONG_INPUT, "\n".join([str(error), *checkout.ways_back(name, error)])
    except OSError as error:
        told = errors.of_the_disk(error)
        if told is None:
            raise
        return WRONG_INPUT, told
    except KeyboardInterrupt:
        return RUN_FAILED, STOPPED


if __name__ == "__main__":
    streams.survive_closed_pipes()
    sys.exit(main())
