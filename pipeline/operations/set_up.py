"""Set up .venv: `make` runs this with a Python of the system's, so nothing here needs a package."""

import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from pipeline import paths
from pipeline.errors import InputError

VENV = paths.ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
PLACE = VENV / "place"  # where .venv was made: its scripts name that folder
UNFINISHED = VENV / "unfinished"  # there while packages are put in: a kill leaves some half there
UV_LOCK = "requirements-uv.lock"
SPACE_GB = {"requirements-gpu.lock": 9}  # what packages need on disk, their downloads included
USUAL_SPACE_GB = 4
LARGE_MIB = 20  # downloads from this size on are told
PIP = (str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "off", "--no-compile")
UV = (str(VENV / "bin" / "uv"), "pip", "install", "--python", str(PYTHON))
EXACTLY = ("--no-deps", "--require-hashes", "-r")
MIGRATIONS = "mlflow/store/db/utils.py"
PERCENT = (
    '"script_location", final_alembic_dir)',
    '"script_location", final_alembic_dir.replace("%", "%%"))',
)
PLATFORMS = ("Linux x86_64", "Linux aarch64", "Darwin arm64")  # those that TensorFlow has packages for
TOLD = re.compile(r"\s*(Downloading|Prepared|Installed) ")
SIZE = re.compile(r"\((?P<number>[\d.]+) ?(?P<unit>[kMG])i?B\)")
WITHOUT_GIT = (
    "{root}: given no Git repository (an unpacked zip?), allowed a clone, as DVC works inside one only:"
    ' `git init && git add -A && git commit -m "Start"` here, then the same command'
)


def main(arguments: Sequence[str]) -> int:
    """`sound`: 0 if .venv can be used as it is. LOCK STAMP: bring what LOCK names into .venv, then write STAMP.

    Gives 0, 2 with one line where something on this machine is in the way, 1 after Ctrl-C.
    """
    if arguments[0] == "sound":
        return 0 if is_sound() else 1
    try:
        set_up(*arguments)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{error.filename or VENV}: {error.strerror}: mend that, then the same command", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; the same command sets up what is missing", file=sys.stderr)
        return 1
    return 0


def set_up(lock: str, stamp: str) -> None:
    """Make .venv unless it is sound, and put in exactly what `lock` names; one line a step, InputError if it cannot."""
    refuse(lock)
    print(f"Setting up .venv with Python {platform.python_version()} from {lock}: once, a minute or two", flush=True)
    if not _is_made():
        _step("an empty environment", make_environment)
    for old in VENV.glob(f"{Path(stamp).name.split('-')[0]}-*"):
        old.unlink()
    UNFINISHED.touch()
    _step(f"the packages of {lock}", lambda: install(lock))
    if "%" in str(VENV):
        bear_percent_signs()
    _step("byte code, for a quick start", compile_packages)
    PLACE.write_bytes(os.fsencode(VENV.resolve()))
    UNFINISHED.unlink()
    Path(stamp).touch()


def is_sound() -> bool:
    """Whether the .venv whose Python runs this has pip, is not half made, and lies where it was made."""
    made_here = not PLACE.exists() or PLACE.read_bytes() == os.fsencode(VENV.resolve())
    return made_here and not UNFINISHED.exists() and importlib.util.find_spec("pip") is not None


def refuse(lock: str) -> None:
    """Say before anything is downloaded what would stop the set-up later (InputError)."""
    system = f"{platform.system()} {platform.machine()}"
    if system not in PLATFORMS or (platform.system() == "Linux" and not platform.libc_ver()[0]):
        raise InputError(
            f"this machine: given {system} with {platform.libc_ver()[0] or 'another C library than glibc'},"
            f" allowed {', '.join(PLATFORMS)} (glibc): TensorFlow has no packages for others"
        )
    try:
        os.fsencode(paths.ROOT).decode("utf-8")
    except UnicodeDecodeError:
        raise InputError(
            f"{os.fsencode(paths.ROOT)!r}: given a name that is not UTF-8, allowed one that is: rename it"
        ) from None
    require_git()
    if not os.access(paths.ROOT, os.W_OK):
        raise InputError(f"{paths.ROOT}: given a folder that you may not write to, allowed your own: clone it again")
    free, needed = shutil.disk_usage(paths.ROOT).free / 1e9, SPACE_GB.get(lock, USUAL_SPACE_GB)
    if not VENV.exists() and free < needed:
        raise InputError(f"{paths.ROOT}: given {free:.1f} GB of free space, allowed {needed} GB or more: make space")


def require_git() -> None:
    """InputError unless there is a `git`, and a repository that it reads."""
    if not shutil.which("git"):
        raise InputError(
            "git: given none, allowed any version: `sudo apt install git`, on macOS `xcode-select --install`"
        )
    command = ["git", "rev-parse", "--git-dir"]
    told = subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True, errors="replace", check=False)
    if told.returncode and "dubious ownership" in told.stderr:
        raise InputError(
            f"{paths.ROOT}: given a repository of another user's, allowed your own: clone it again,"
            " or tell Git that you trust it by `git config --global --add safe.directory` and this folder"
        )
    if told.returncode:
        raise InputError(WITHOUT_GIT.format(root=paths.ROOT))


def make_environment() -> None:
    """An empty .venv with pip in it, in place of what a kill, a move or another Python left."""
    if VENV.is_symlink():
        raise InputError(
            f"{VENV}: given a link to {VENV.resolve()}, which has no pip, allowed a folder: remove the link"
        )
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        name = Path(sys.executable).name
        raise InputError(f"{sys.executable}: given no venv and pip, allowed both: `sudo apt install {name}-venv`")
    VENV.mkdir(exist_ok=True)
    UNFINISHED.touch()
    _run([sys.executable, "-m", "venv", "--clear", str(VENV)])


def install(lock: str) -> None:
    """Exactly what `lock` names, by uv; by pip where uv cannot (InputError where neither can).

    uv needs a sixth of pip's time, but knows nothing of how pip is configured (an index of one's own, say).
    """
    try:
        _run([*PIP, *EXACTLY, UV_LOCK])
        _run([*UV, *EXACTLY, lock])
    except (InputError, OSError) as error:
        print(f"  uv could not ({error}): pip installs the same, more slowly", flush=True)
        _run([*PIP, *EXACTLY, lock])


def bear_percent_signs() -> None:
    """Have MLflow bear a % in the name of the folder that it is installed in.

    MLflow 3.17.2 doubles those of a database's address, as Alembic needs it, but not those of its own folder: no store
    can be opened. Its server runs in processes of its own, so the file is replaced (not written to: uv links it to its
    cache). Test: test_mlflow_by_itself_does_not_bear_percent_signs.
    """
    for file in VENV.glob(f"lib/python*/site-packages/{MIGRATIONS}"):
        draft = file.with_suffix(".draft")
        draft.write_text(file.read_text("utf-8").replace(*PERCENT), "utf-8")
        draft.replace(file)


def compile_packages() -> None:
    """Compile what was installed; what cannot be compiled is what nothing imports."""
    command = [str(PYTHON), "-m", "compileall", "-q", "-j", "0", "-x", "/tests?/", str(VENV / "lib")]
    subprocess.run(command, env=_surroundings(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def _is_made() -> bool:
    if not PYTHON.exists():
        return False
    command = [str(PYTHON), "-E", "-m", "pipeline.operations.set_up", "sound"]
    return subprocess.run(command, cwd=paths.ROOT, capture_output=True, check=False).returncode == 0


def _step(what: str, do: Callable[[], None]) -> None:
    started = time.monotonic()
    print(f"  {what} ...", flush=True)
    do()
    print(f"  {what}: {time.monotonic() - started:.0f} s", flush=True)


def _run(command: Sequence[str]) -> None:
    """Run an installer and tell its large downloads; InputError with its last line if it fails."""
    last = ""
    with subprocess.Popen(
        command,
        cwd=paths.ROOT,
        env=_surroundings(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as child:
        for line in _lines(child):
            last = line.strip() or last
            if is_told(line):
                print(f"    {line.strip()}", flush=True)
    if child.returncode:
        name = Path(command[0]).name if "pip" not in command[:3] else "pip"
        raise InputError(
            f"{name}: {last}: see that there is a network, and space for the packages, then the same command"
        )


def _lines(child: "subprocess.Popen[bytes]") -> Iterator[str]:
    assert child.stdout is not None
    for line in child.stdout:
        yield line.decode("utf-8", "replace")


def is_told(line: str) -> bool:
    """Whether an installer's line is worth a line here: a large download, or how many packages came in which time."""
    size = SIZE.search(line)
    if not TOLD.match(line) or size is None:
        return bool(TOLD.match(line)) and "Downloading" not in line
    return float(size["number"]) * {"k": 1 / 1024, "M": 1, "G": 1024}[size["unit"]] >= LARGE_MIB


def _surroundings() -> dict[str, str]:
    """Variables for the installers: what would lead them elsewhere than to .venv, or to no folder, is left out."""
    mine = {name: value for name, value in os.environ.items() if name not in ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT")}
    if not os.access(mine.get("TMPDIR", "/"), os.W_OK | os.X_OK):
        mine.pop("TMPDIR", None)  # a missing one stops uv, where others take /tmp
    if not _has_home(mine):
        mine |= {"UV_NO_CACHE": "1", "PIP_NO_CACHE_DIR": "1"}
    return mine | {"PIP_USER": "0", "NO_COLOR": "1", "PYTHONUTF8": "1"}


def _has_home(variables: dict[str, str]) -> bool:
    home = variables.get("HOME", "")
    return bool(home) and os.access(home, os.W_OK | os.X_OK)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
