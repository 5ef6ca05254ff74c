"""A temporary copy that DVC makes of the project keeps what must outlast it in the project itself."""

from pathlib import Path

import pytest

from pipeline import paths


@pytest.mark.parametrize(
    ("root", "home"),
    [
        ("/home/ana/aula", "/home/ana/aula"),
        ("/home/ana/aula/.dvc/tmp/exps/tmp3x", "/home/ana/aula"),  # a queued experiment
        ("/home/ana/aula/.dvc/tmp/exps/standalone/tmp3x", "/home/ana/aula"),  # `dvc exp run --temp`
        ("/srv/mono/sub/.dvc/tmp/exps/tmp3x/sub", "/srv/mono/sub"),  # of a project inside a larger repository
        ("/home/ana/.dvc/aula", "/home/ana/.dvc/aula"),
        ("/home/ana/exps/aula", "/home/ana/exps/aula"),
        ("/", "/"),
    ],
)
def test_home(root, home):
    assert paths.home(Path(root)) == Path(home)


def test_a_project_of_its_own_is_its_own_home():
    assert paths.HOME == paths.ROOT
    assert paths.STATE.parent == paths.TRACKING.parent == paths.ARTIFACTS.parent == paths.HOME
