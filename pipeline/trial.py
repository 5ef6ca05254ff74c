"""A copy of the project in a temporary folder, where a lesson adds data and changes settings that are not yours."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from pipeline import paths
from pipeline.contracts import Language
from pipeline.errors import InputError
from pipeline.notebook import Picture, Table

COPIED = ("params.yaml", "profiles", "pipeline")
ELSEWHERE = "MLFLOW_TRACKING_URI"  # of your own store, which a trial is not to write to
REFUSED = 2  # exit code of a command whose input is wrong
TABLE = "t = notebook.verdicts({topic!r}, language={language!r}); print(json.dumps([t.title, t.head, t.rows]))"
SCORES = "notebook.scores({topic!r}, {metric!r}, language={language!r})"
PICTURE = f"print(json.dumps(getattr({SCORES}, 'svg', None)))"


class Trial:
    """The project as it is now, in `folder`, which goes with this object; runs and results stay in there, too."""

    def __init__(self) -> None:
        self._kept = tempfile.TemporaryDirectory(prefix="aula-")
        self.folder = Path(self._kept.name) / "aula"
        self.folder.mkdir()
        for name in COPIED:
            source, target = paths.ROOT / name, self.folder / name
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copyfile(source, target)
        (self.folder / "data").mkdir()
        (self.folder / "data" / "raw").symlink_to(paths.RAW, target_is_directory=True)

    def run(self, *words: str) -> None:
        """`python -m pipeline WORDS` in there; what it says is printed. InputError: what the command refuses."""
        print(self._told("-m", "pipeline", *words), end="")

    def watch(self, *words: str) -> int:
        """Exit code of `python -m pipeline WORDS` in there, which writes where this process does, as it goes."""
        command = [sys.executable, "-m", "pipeline", *words]
        return subprocess.run(command, cwd=self.folder, env=self._surroundings(), check=False).returncode

    def change(self, **values: Any) -> None:
        """Set keys at the top of its params.yaml, as in `change(seeds=3)`. InputError: it has no line of that name."""
        file = self.folder / "params.yaml"
        text = file.read_text("utf-8")
        for name, value in values.items():
            text, found = re.subn(rf"(?m)^{name}: *[^\s#]+", f"{name}: {value}", text, count=1)
            if not found:
                raise InputError(f"params.yaml: given no line for {name!r}, allowed a key that stands at its top")
        file.write_text(text, "utf-8")

    def verdicts(self, topic: str, *, language: Language = "en") -> Table:
        """See notebook.verdicts."""
        title, head, rows = self._asked(TABLE.format(topic=topic, language=language))
        return Table(title, head, rows)

    def scores(self, topic: str, metric: str, *, language: Language = "en") -> Picture:
        """See notebook.scores. InputError: no results with that metric."""
        svg = self._asked(PICTURE.format(topic=topic, metric=metric, language=language))
        if svg is None:
            raise InputError(f"metric: given {metric!r}, allowed one that {topic} has results of")
        return Picture(svg)

    def _asked(self, line: str) -> Any:
        return json.loads(self._told("-c", f"import json; from pipeline import notebook; {line}").splitlines()[-1])

    def _told(self, *words: str) -> str:
        """What a Python of its own prints there, other threads and settings than ours."""
        command = [sys.executable, *words]
        told = subprocess.run(
            command, cwd=self.folder, env=self._surroundings(), capture_output=True, text=True, check=False
        )
        if told.returncode:
            raise (InputError if told.returncode == REFUSED else RuntimeError)(told.stderr.strip())
        return told.stdout

    def _surroundings(self) -> dict[str, str]:
        return {name: value for name, value in os.environ.items() if name != ELSEWHERE}
