"""How the team's MLflow server is started: what compose.yaml leaves empty counts as left out."""

import os
import subprocess

import pytest

from pipeline import paths


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"MLFLOW_S3_ENDPOINT_URL": ""}, "left out"),
        ({}, "left out"),
        ({"MLFLOW_S3_ENDPOINT_URL": "http://minio:9000"}, "http://minio:9000"),
    ],
)
def test_an_empty_address_of_an_object_store_is_none(tmp_path, variables, told):
    """boto3 takes an empty one for an address: "Invalid endpoint:", with artifacts on Amazon's own S3."""
    program = tmp_path / "mlflow"
    program.write_text('#!/bin/sh\necho "${MLFLOW_S3_ENDPOINT_URL-left out}"\n')
    program.chmod(0o755)
    given = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "BACKEND": "sqlite://", "ARTIFACTS": "s3://a"}
    done = subprocess.run(
        ["sh", paths.ROOT / "server" / "start.sh"],
        cwd=tmp_path, env=given | {"HOST_NAME": "here"} | variables, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == told
