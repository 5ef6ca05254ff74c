"""Servers that a team has, as processes on this machine: object store, PostgreSQL, MLflow that asks for a password."""

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

from pipeline import paths

POSTGRES = shutil.which("postgres")
NEEDED = ("moto", "boto3", "psycopg", "flask_wtf")  # beside PostgreSQL: what server/requirements.lock has, and moto
LACKING = [name for name in NEEDED if not importlib.util.find_spec(name)] + ([] if POSTGRES else ["postgres"])
NAME, PASSWORD = "ana", "a-password-of-ana-1"
ADMIN = "a-password-of-admin-1"
AWS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "us-east-1"}


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def wait_for(port, process, tries=600):
    """Until something listens there."""
    for _ in range(tries):
        assert process.poll() is None, f"{process.args} ended with {process.returncode}"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.25)
    raise AssertionError(f"nothing listens on port {port}")


class Server:
    """A process that can be killed and started again at the same place."""

    def __init__(self, command, port, **options):
        self.command, self.port, self.options = command, port, options
        self.process = None

    def start(self):
        """As what supervises it would: once more, a few times, if it ends at once."""
        for last in (False,) * 5 + (True,):
            self.process = subprocess.Popen(self.command, start_new_session=True, **self.options)
            try:
                wait_for(self.port, self.process)
                break
            except AssertionError:
                if last:
                    raise
                time.sleep(2)
        return self

    def kill(self):
        """It and all that it has started, as a power cut would."""
        import psutil

        with contextlib.suppress(psutil.NoSuchProcess):
            own = psutil.Process(self.process.pid)
            every = [own, *own.children(recursive=True)]  # PostgreSQL's are groups of their own
            for process in every:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.send_signal(signal.SIGKILL)
            psutil.wait_procs(every[1:], 30)
        self.process.wait()


@contextlib.contextmanager
def running(server):
    server.start()
    try:
        yield server
    finally:
        server.kill()


def object_store(port):
    """It speaks S3, and forgets all when it ends."""
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    return Server(command, port, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def postgres(folder, port):
    """A cluster in `folder`, made if it is not there; PostgreSQL refuses to run as root."""
    folder.mkdir(parents=True, exist_ok=True)
    who = {}
    if os.getuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
        who = {"user": user.pw_uid, "group": user.pw_gid}
    log = folder.with_name(f"{folder.name}.log").open("ab")
    quiet = {"stdout": log, "stderr": log, "cwd": "/", **who}
    if not (folder / "PG_VERSION").exists():
        made = ["initdb", "-D", folder, "-U", "mlflow", "-A", "trust", "--no-sync", "-E", "UTF8", "--no-locale"]
        subprocess.run(made, check=True, **quiet)
    command = [POSTGRES, "-D", folder, "-p", str(port), "-c", "listen_addresses=127.0.0.1", "-k", folder]
    return Server(command, port, **quiet)


def mlflow_server(folder, port, database, bucket, s3):
    """MLflow over that database and bucket as server/start.sh starts it; it asks for a name and a password."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "bin" / "mlflow"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m mlflow "$@"\n')
    program.chmod(0o755)
    environment = os.environ | AWS | {
        "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
        "BACKEND": database, "ARTIFACTS": bucket, "HOST_NAME": f"127.0.0.1:{port}",
        "LISTEN": "127.0.0.1", "PORT": str(port), "WORKERS": "1",
        "MLFLOW_AUTH_ADMIN_PASSWORD": ADMIN, "MLFLOW_FLASK_SERVER_SECRET_KEY": "a-secret-of-the-tests",
        "MLFLOW_S3_ENDPOINT_URL": f"http://127.0.0.1:{s3}",
    }  # fmt: skip
    environment.pop("MLFLOW_TRACKING_URI", None)
    log = (folder / "log").open("ab")
    return Server(["sh", paths.ROOT / "server" / "start.sh"], port, env=environment, stdout=log, stderr=log, cwd=folder)


def is_ready(address, tries=300):
    """Until PostgreSQL is: after a kill it puts its files in order first."""
    import psycopg

    for _ in range(tries):
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(address, connect_timeout=5):
            return
        time.sleep(0.5)
    raise AssertionError("PostgreSQL takes no connection")


def make_bucket(port, name):
    request = urllib.request.Request(f"http://127.0.0.1:{port}/{name}", method="PUT")
    urllib.request.urlopen(request, timeout=60).read()


def answers(port, tries=600):
    """Until MLflow does."""
    for _ in range(tries):
        with contextlib.suppress(urllib.error.URLError, OSError):
            return urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=10).status == 200
        time.sleep(0.5)
    raise AssertionError("MLflow does not answer")


def add_user(port):
    """The name and password of one of the team."""
    import base64
    import json

    body = json.dumps({"username": NAME, "password": PASSWORD}).encode()
    secret = base64.b64encode(f"admin:{ADMIN}".encode()).decode()
    headers = {"Authorization": f"Basic {secret}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/api/2.0/mlflow/users/create", body, headers)
    urllib.request.urlopen(request, timeout=60).read()
