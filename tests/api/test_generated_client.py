"""A client that somebody else's generator makes of the OpenAPI document goes all the way, and its types are right."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.start.running import Running, started

PROGRAM = Path(__file__).with_name("client_program.py")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with started(tmp_path_factory.mktemp("generated")) as running:
        yield running.ready()


@pytest.fixture(scope="module")
def folder(running: Running, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the package that the generator writes, without a warning."""
    folder = tmp_path_factory.mktemp("client")
    document = folder / "openapi.json"
    document.write_text(json.dumps(running.get("/swagger.json").json()))
    made = _python("-m", "openapi_python_client", "generate", "--path", str(document), "--meta", "none",
                   "--fail-on-warning", "--output-path", str(folder / "csvapi_client"), folder=folder)  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    assert "WARNING" not in made.stdout + made.stderr
    return folder


def test_the_generated_client_goes_all_the_way(running: Running, folder: Path) -> None:
    done = _python(str(PROGRAM), running.url, folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_written_with_the_generated_client_is_typed(folder: Path) -> None:
    """What the generator's own templates have wrong is not asked for, only what is made of the document and used."""
    options = ["--strict", "--no-incremental", "--config-file=", "--follow-imports=silent"]
    checked = _python("-m", "mypy", *options, str(PROGRAM), folder=folder)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def _python(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A Python that finds the client, and the programs beside it, which the generator calls."""
    paths = {"PYTHONPATH": str(folder), "MYPYPATH": str(folder)}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environ = {**os.environ, **paths, "PATH": path}
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False, cwd=folder, env=environ
    )
