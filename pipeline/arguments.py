"""What each command takes, and how its help says so."""

import argparse
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pipeline.spoken import told

EXAMPLES = """examples:
  python -m pipeline check                  is params.yaml sound, for every profile?
  python -m pipeline add churn.csv          your own data: what is in it, and a topic on it
  python -m pipeline demo memory            one topic, small, in a copy: its page in a minute or two
  python -m pipeline train convolution      train one topic (dvc repro does it for all, in order)
  python -m pipeline claims memory          the verdicts of one topic (--json for a script)
  python -m pipeline predict churn new.csv  what the best model answers on new rows
  python -m pipeline reproduce 3f2a         train a finished run again and compare, by the first letters of its key
  python -m pipeline ui                     open MLflow's UI on this machine

exit codes: 0 done, 1 a run failed (the others are kept), 2 the input is wrong (the message says where)
"""

ADD = (
    "params.yaml: a setting without a line of its own has its default:"
    " `dvc exp run -S '+topics.<topic>.fit.patience=3'` adds one by the +"
)
A_TOPIC = ("topic", {"help": "name of a block under topics: in params.yaml"})
A_CLUSTER = (
    "--cluster",
    {"dest": "head", "metavar": "ADDRESS", "help": "have the Ray cluster whose head is there train: docs/cluster.md"},
)
ARGUMENTS: dict[str, tuple[tuple[str, dict[str, Any]], ...]] = {
    "add": (
        (
            "file",
            {"help": "a table (.csv, .tsv, .txt, .parquet), arrays (.npz, .npy), or a folder of images per class"},
        ),
        ("--label", {"help": "column of the class, or of the number, to predict (default: the one called class)"}),
        ("--group", {"help": "column of what belongs together: a customer's rows go into one part"}),
        ("--series", {"help": "column that says to which recording a row belongs: a long table of sequences"}),
        ("--target", {"choices": ("class", "number"), "help": "what the label is (default: as it looks)"}),
        ("--kind", {"choices": ("image", "sequence", "table"), "help": "what arrays hold (default: images)"}),
        (
            "--load",
            {"action": "append", "default": [], "metavar": "KEY=VALUE", "help": "any other setting of the source"},
        ),
        ("--name", {"help": "name of the blocks (default: the file's)"}),
        ("--dry-run", {"action": "store_true", "help": "show all of it, and write nothing"}),
        ("--only", {"action": "store_true", "help": "switch all other topics off, by `only` in params.yaml"}),
    ),
    "demo": (A_TOPIC,),
    "repro": (("targets", {"nargs": "*", "help": "stages, such as train@convolution (default: all)"}), A_CLUSTER),
    "prepare": (("data", {"nargs": "?", "help": "name of a block under data: in params.yaml (default: all)"}),),
    "train": (A_TOPIC, A_CLUSTER),
    "evaluate": (A_TOPIC,),
    "report": (
        ("--page-only", {"action": "store_true", "help": "as `repro` does topic by topic: no MLflow, no claims.json"}),
        (
            "--watch",
            {
                "action": "store_true",
                "help": "show the page as it is, and anew as often as it is made (Ctrl-C ends it)",
            },
        ),
        ("--port", {"type": int, "default": 0, "help": "with --watch: port on 127.0.0.1 (default: one that is free)"}),
    ),
    "claims": (
        ("topic", {"nargs": "?", "help": "name of a topic (default: all)"}),
        ("--json", {"action": "store_true", "help": "print the rows as in data/report/claims.json, for a script"}),
    ),
    "predict": (
        A_TOPIC,
        ("file", {"help": "examples without labels (or with), of the kind that the topic has learnt from"}),
        ("--variant", {"help": "the best model of this variant (default: of all variants, by validation)"}),
        ("--out", {"metavar": "FILE", "help": "write a CSV file with all digits (default: show the first rows)"}),
        ("--raw", {"action": "store_true", "help": "probabilities before calibration too, as `evaluate` scores them"}),
        (
            "--most-unseen",
            {
                "type": float,
                "default": 0.1,
                "metavar": "SHARE",
                "help": "of a column's cells: refuse more that cannot be read, or that training has no word for",
            },
        ),
    ),
    "sweep": (
        ("name", {"nargs": "?", "help": "name of a block under sweeps: in params.yaml (default: all)"}),
        ("--plan", {"action": "store_true", "help": "say how many trials, runs and minutes that is, and run nothing"}),
        ("--adopt", {"action": "store_true", "help": "write what it has found into params.yaml, as a variant"}),
        A_CLUSTER,
    ),
    "cluster": (
        (
            "action",
            {
                "choices": ("up", "join", "down", "status"),
                "help": "start nodes, be one of a cluster that is there, end what `up` has started, or list nodes",
            },
        ),
        ("--address", {"metavar": "HOST:PORT", "help": "of the head (default: cluster.address in params.yaml)"}),
        ("--nodes", {"type": int, "default": 1, "help": "up: nodes on this machine, the head's included (default 1)"}),
        ("--workers", {"type": int, "help": "runs at a time on each node (default: its cores)"}),
        ("--host", {"action": "append", "default": [], "metavar": "HOST", "help": "up: another machine, by ssh"}),
        ("--folder", {"default": "aula", "help": "up: where the project lies on these machines (default: aula)"}),
        ("--name", {"help": "join: how the node is called (default: as its machine)"}),
        ("--detached", {"action": "store_true", "help": "join: take the token from standard input, and stay behind"}),
    ),
    "card": (A_TOPIC, ("--out", {"metavar": "FILE", "help": "write it there (default: print it)"})),
    "handout": (
        A_TOPIC,
        ("--language", {"choices": ("en", "es"), "help": "of the sheet (default: the one that the terminal speaks)"}),
        ("--out", {"metavar": "FILE", "help": "write it there (default: data/handouts/<topic>_<language>.pdf)"}),
    ),
    "reproduce": (
        ("run", {"help": "key of a run, or its first letters (tag run_key in MLflow, column in scores.csv)"}),
    ),
    "runs": (
        (
            "action",
            {
                "choices": ("list", "prune", "push", "pull"),
                "help": "list the store, drop what no topic uses, or give to (take from) the team's store",
            },
        ),
        ("--present-only", {"action": "store_true", "help": "prune: drop what only other profiles ask for as well"}),
    ),
    "ui": (("--port", {"type": int, "default": 5000, "help": "port on 127.0.0.1 (default 5000)"}),),
}


class Help(argparse.HelpFormatter):
    """Help in the language that is spoken: argparse's own words, ours, and those that stand for values."""

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[Any],
        prefix: str | None = None,
    ) -> None:
        """The line of usage; before an error it is English, as nobody has settled a language by then."""
        super().add_usage(usage, actions, groups, told("usage: ") if prefix is None else prefix)

    def start_section(self, heading: str | None) -> None:
        """Of positional arguments, or of options."""
        super().start_section(told(heading or ""))

    def add_text(self, text: str | None) -> None:
        """What a command does, or the examples."""
        super().add_text(text and told(text))

    def _get_help_string(self, action: argparse.Action) -> str:
        return told(action.help or "")

    def _get_default_metavar_for_positional(self, action: argparse.Action) -> str:
        return told(super()._get_default_metavar_for_positional(action))

    def _get_default_metavar_for_optional(self, action: argparse.Action) -> str:
        return told(super()._get_default_metavar_for_optional(action))

    def _metavar_formatter(self, action: argparse.Action, default_metavar: str) -> Callable[[int], tuple[str, ...]]:
        named = super()._metavar_formatter(action, default_metavar)
        return lambda count: tuple(map(told, named(count)))


class HelpAsItStands(Help, argparse.RawDescriptionHelpFormatter):
    """The same with the lines of its texts as they stand."""


def parser(commands: Mapping[str, str | None], speak: Callable[[], None] = lambda: None) -> argparse.ArgumentParser:
    """The command line for {command: what it does, in a line}, in their order.

    `speak` has a language settled; it is called before help is shown, and not for anything else.
    """

    class Parser(argparse.ArgumentParser):
        def format_help(self) -> str:
            speak()
            return super().format_help()

    top = Parser(
        prog="python -m pipeline",
        description="A deep-learning course as experiments that anyone can rerun and compare.",
        epilog=EXAMPLES,
        formatter_class=lambda prog: HelpAsItStands(prog, max_help_position=14, width=100),
    )
    subparsers = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, does in commands.items():
        subparser = subparsers.add_parser(name, help=does, description=does, formatter_class=Help)
        for argument, details in ARGUMENTS.get(name, ()):
            subparser.add_argument(argument, **details)
    return top
