"""The lock files hold what setup.cfg asks for, exactly, each with the hashes of its files."""

from __future__ import annotations

import re
import tomllib
from configparser import ConfigParser
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
RUNS = ("fast", "s3", "sentry", "otel")  # what the image has
LOCKS = {"requirements.lock": RUNS, "requirements-dev.lock": (*RUNS, "test", "check")}


def entries(name: str) -> list[tuple[Requirement, list[str]]]:
    """Each requirement of a lock with its hashes, as pip reads them."""
    text = (ROOT / name).read_text().replace("\\\n", " ")
    lines = [line.partition(" --hash=") for line in text.splitlines() if line and not line.startswith("#")]
    return [(Requirement(line), re.findall(r"sha256:([0-9a-f]{64})(?: |$)", rest)) for line, _, rest in lines]


@pytest.mark.parametrize("name", LOCKS)
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


def test_what_is_tested_is_what_runs() -> None:
    runs, tests = ({str(found): sorted(hashes) for found, hashes in entries(name)} for name in LOCKS)
    assert runs.items() <= tests.items()


@pytest.mark.parametrize("name", LOCKS)
def test_no_lock_says_where_to_fetch_from(name: str) -> None:
    """That is the business of whoever installs; the hashes say what may come from there."""
    assert not re.search(r"https?:|^ *--(?!hash)", (ROOT / name).read_text(), re.MULTILINE)
