"""The built wheel, installed into an empty environment, is the whole service."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import venv
from collections.abc import Iterable
from importlib.metadata import distribution
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement

from scripts import release_metadata
from tests import checkouts
from tests.start.running import started
from tests.start.test_readme import session_works

ROOT = Path(__file__).parents[2]
WITHOUT_US = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, with the build tool of this environment: its version is locked like all others."""
    folder = tmp_path_factory.mktemp("wheel")
    checkouts.copy(folder / "checkout")
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(folder / "checkout"))
    (found,) = folder.glob("*.whl")
    return found


def pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=WITHOUT_US)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_file_of_the_package_is_in_it(wheel: Path) -> None:
    """Also a package that setup.cfg does not name yet, and a kind of file that its package_data does not have.

    The kernel is in it as it was built, not its sources: nobody compiles in an installed package.
    """
    wanted = {
        f"{name}/{path.relative_to(ROOT / folder)}"
        for folder, name in (("csvapi", "csvapi"), ("migrations", "csvapi/migrations"))
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix not in {".c", ".h", ".inc"}
    } | {f"csvapi/native/{name}" for name in checkouts.BUILT}
    with ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if not re.match(r"[^/]+\.(?:dist-info|data)/", name)}
    lacking = sorted(wanted - packed)
    assert not lacking, f"setup.cfg leaves these out; add to its packages or package_data: {lacking}"
    assert packed == wanted


def test_it_says_the_right_things_of_itself(wheel: Path, tmp_path: Path) -> None:
    assert list(release_metadata.wrong_wheel(wheel)) == []
    bare = tmp_path / wheel.name.replace("-linux_", "-win_")
    with ZipFile(wheel) as whole, ZipFile(bare, "w") as fewer:
        for name in whole.namelist():
            if not name.endswith("kernel.so"):
                fewer.writestr(name, whole.read(name).replace(b"License-Expression: MIT", b"License: other"))
    faults = " ".join(release_metadata.wrong_wheel(bare))
    for says in ("is the kernel in it?", "kernel.so is not in it", "the licence is not MIT"):
        assert says in faults


def test_it_starts_in_an_empty_folder_and_the_readmes_session_works(wheel: Path, tmp_path: Path) -> None:
    environment = tmp_path / "venv"
    venv.create(environment, symlinks=True)
    (packages,) = environment.glob("lib/python*/site-packages")
    provide_requirements(wheel, packages)
    python = str(environment / "bin" / "python")
    pip("--python", python, "install", "--no-deps", "--no-index", str(wheel))
    pip("--python", python, "check")
    says = subprocess.check_output([str(environment / "bin" / "csvapi"), "--version"], env=WITHOUT_US, cwd=tmp_path)
    assert b"parser: native kernel (built by cc" in says
    assert (environment / "share" / "man" / "man1" / "csvapi.1").read_bytes() == (ROOT / "docs/csvapi.1").read_bytes()
    where = subprocess.check_output(
        [python, "-c", "import csvapi; print(csvapi.__file__)"], env=WITHOUT_US, cwd=tmp_path
    )
    assert where.decode().strip() == str(packages / "csvapi" / "__init__.py")
    command = (str(environment / "bin" / "csvapi"), "start")
    with started(tmp_path / "service", command, PYTHONPATH="") as running:
        session_works(running.url, tmp_path)
        for page in ("/swagger/", "/redoc/", "/swagger.json", "/admin/login/"):
            assert running.get(page).status_code == 200, page


def provide_requirements(wheel: Path, packages: Path) -> None:
    """Link what the wheel asks for, with all that those ask for, out of this environment: nothing else is there."""
    with ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        lines = archive.read(name).decode().splitlines()
    wanted = asked((line.removeprefix("Requires-Dist: ") for line in lines if line.startswith("Requires-Dist:")), "")
    seen: set[tuple[str, str]] = set()
    while wanted:
        requirement = wanted.pop()
        for extra in ("", *requirement.extras):
            if (requirement.name, extra) not in seen:
                seen.add((requirement.name, extra))
                wanted += asked(distribution(requirement.name).requires or [], extra)
    for name in {name for name, _ in seen}:
        files = distribution(name).files or []
        for top in {file.parts[0] for file in files} - {"..", "__pycache__"}:
            if not (packages / top).exists():
                (packages / top).symlink_to(distribution(name).locate_file(top))


def asked(lines: Iterable[str], extra: str) -> list[Requirement]:
    found = map(Requirement, lines)
    return [item for item in found if item.marker is None or item.marker.evaluate({"extra": extra})]
