"""What is masked as a secret, and what only looks like one."""

import pytest

from pipeline.mlflow_sync import masking


@pytest.mark.parametrize(
    "name", ["password", "db_passwd", "token", "access_token", "client_secret", "api_key", "apikey", "Key"]
)
def test_names_of_secrets(name):
    assert masking.flat({"a": {name: "x"}}) == {f"a.{name}": "***"}


@pytest.mark.parametrize("name", ["tokens", "key_dim", "keys", "keep", "monkey_business"])
def test_names_of_no_secrets(name):
    assert masking.flat({name: 16}) == {name: "16"}


def test_secrets_within_texts():
    assert (
        masking.masked("at http://me:pw@host/x, api_key=abc; token: d")
        == "at http://***@host/x, api_key=***; token: ***"
    )
    assert masking.masked("KeyError: 'units' in epoch 3") == "KeyError: 'units' in epoch 3"
