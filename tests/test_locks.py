"""The lock files hold what setup.cfg asks for, exactly, each with the hashes of its files."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from configparser import ConfigParser
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
RUNS = ("s3", "sftp", "oidc", "dask", "sentry", "otel")  # what the image has
RUN, BUILD = "requirements.lock", "requirements-build.lock"
LOCKS = {RUN: RUNS, "requirements-dev.lock": (*RUNS, "test", "check")}


def entries(name: str) -> list[tuple[Requirement, list[str]]]:
    """Each requirement of a lock with its hashes, as pip reads them."""
    text = (ROOT / name).read_text().replace("\\\n", " ")
    lines = [line.partition(" --hash=") for line in text.splitlines() if line and not line.startswith("#")]
    return [(Requirement(line), re.findall(r"sha256:([0-9a-f]{64})(?: |$)", rest)) for line, _, rest in lines]


@pytest.mark.parametrize("name", [*LOCKS, BUILD])
def test_every_version_is_exact_and_has_the_hashes_of_its_files(name: str) -> None:
    for requirement, hashes in entries(name):
        (specifier,) = requirement.specifier
        assert specifier.operator == "==", requirement
        assert hashes, requirement
        assert requirement.url is None


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_has_all_that_is_asked_for(name: str) -> None:
    config = ConfigParser()
    config.read(ROOT / "setup.cfg")
    wanted = [config["options"]["install_requires"], *(config["options.extras_require"][x] for x in LOCKS[name])]
    lines = [line for text in wanted for line in text.splitlines() if line and not line.startswith("#")]
    lines += tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    locked: dict[str, list[str]] = {}
    for requirement, _ in entries(name):
        (specifier,) = requirement.specifier
        locked.setdefault(canonicalize_name(requirement.name), []).append(specifier.version)
    for requirement in map(Requirement, lines):
        versions = locked.get(canonicalize_name(requirement.name), [])
        assert versions, f"{name} lacks {requirement}: run make lock"
        assert all(map(requirement.specifier.contains, versions)), (
            f"{name} has {versions}, not {requirement}: make lock"
        )


def test_what_builds_is_the_locked_tool_and_the_compiler_that_the_backend_asks_for() -> None:
    builds, runs = ({found.name: (str(found), hashes) for found, hashes in entries(name)} for name in (BUILD, RUN))
    assert builds.keys() == {"setuptools", "ziglang"}
    assert builds["setuptools"] == runs["setuptools"]
    code = "from csvapi_build import compiling; print(compiling.ZIG)"
    asked = subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, env={"PYTHONPATH": "build_backend"})
    assert builds["ziglang"][0] == asked.decode().strip(), "run make lock"


def test_what_is_tested_is_what_runs() -> None:
    runs, tests = ({str(found): sorted(hashes) for found, hashes in entries(name)} for name in LOCKS)
    assert runs.items() <= tests.items()


@pytest.mark.parametrize("name", [*LOCKS, BUILD])
def test_no_lock_says_where_to_fetch_from(name: str) -> None:
    """That is the business of whoever installs; the hashes say what may come from there."""
    assert not re.search(r"https?:|^ *--(?!hash)", (ROOT / name).read_text(), re.MULTILINE)
