"""MLflow's UI over the same store, for this machine alone."""

import contextlib
import os
import signal
import subprocess
import sys

from pipeline import paths
from pipeline.errors import InputError
from pipeline.mlflow_sync import masking, tracking_store
from pipeline.spoken import tell

PAGE = "#/experiments?workflowType=machine_learning"  # without it MLflow opens on pages for language models
ENVIRONMENT = {
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
}


def ui(port: int) -> int:
    """Say where the UI is and run it until it ends or we are stopped; gives an exit code.

    InputError where the store is a server, which has a UI of its own.
    """
    tracking_store.check()
    command = serving(port)
    try:
        tracking_store.create()
    except tracking_store.Unreachable as error:
        print(f"MLflow: {error}", file=sys.stderr)
        return 1
    tell(f"MLflow: http://127.0.0.1:{port}/{PAGE} (Ctrl-C ends it)")
    return _serve(command)


def serving(port: int) -> list[str]:
    """Command of MLflow's UI over our store: this machine only, one worker, no jobs, nothing unpickled."""
    if tracking_store.remote():
        server = masking.address(tracking_store.uri())
        raise InputError(
            f"MLFLOW_TRACKING_URI: given {server}, allowed a database: open that address, a server has its own UI"
        )
    hosts = ",".join(f"{host}:{port}" for host in ("127.0.0.1", "localhost"))
    settings = {
        "backend-store-uri": tracking_store.uri(),
        "default-artifact-root": str(paths.ARTIFACTS),
        "workers": "1",
    }
    settings |= {"host": "127.0.0.1", "port": str(port), "allowed-hosts": hosts}
    options = [text for name, value in settings.items() for text in (f"--{name}", value)]
    variables = [f"{name}={value}" for name, value in ENVIRONMENT.items()]
    return ["env", *variables, sys.executable, "-m", "mlflow", "server", *options]


def _serve(command: list[str]) -> int:
    """Its own processes end with it."""
    server = subprocess.Popen(command, start_new_session=True)
    if hasattr(signal, "SIGHUP"):  # the terminal was closed
        signal.signal(signal.SIGHUP, signal.getsignal(signal.SIGTERM))
    try:
        return server.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGTERM)
        server.wait()
