"""A checkout with a kernel of two lines, and the build backend called as pip calls it, in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

from tests import checkouts

KERNEL = """
#include <stdint.h>
#define API __attribute__((visibility("default")))
API const char *const kernel_source = KERNEL_SOURCE;
API uint32_t best_level(void) { return 0; }
"""
CALL = """
import json, os, sys
sys.path.insert(0, "build_backend")
from csvapi_build import hooks
name, *arguments = sys.argv[1:]
print(json.dumps(getattr(hooks, name)(*arguments)))
"""
NATIVE = Path("csvapi", "native")


def checkout(to: Path) -> Path:
    """A copy of this project whose kernel is compiled in no time, without the megabytes of its pages."""
    checkouts.copy(to)
    shutil.rmtree(to / "csvapi" / "web" / "static")
    for path in (to / NATIVE).glob("*.inc"):
        path.unlink()
    (to / NATIVE / "kernel.c").write_text(KERNEL)
    return to


def kernel_alone(to: Path) -> Path:
    """No more than what `make kernel` needs."""
    shutil.copytree(checkouts.ROOT / "build_backend", to / "build_backend")
    (to / NATIVE).mkdir(parents=True)
    shutil.copy(checkouts.ROOT / NATIVE / "artifact.py", to / NATIVE)
    (to / NATIVE / "kernel.c").write_text(KERNEL)
    return to


def make_kernel(folder: Path, *options: str, **environ: str) -> str:
    """What `make kernel` prints."""
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": "build_backend", **environ}
    command = [sys.executable, "-m", "csvapi_build", *options]
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def begin(folder: Path, hook: str, *arguments: object, **environ: str) -> subprocess.Popen[str]:
    """Call one of the hooks in `folder`; only `environ` and the search path are its environment."""
    return subprocess.Popen(
        [sys.executable, "-c", CALL, hook, *map(str, arguments)],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def end(process: subprocess.Popen[str]) -> Any:
    """What the hook gave."""
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, output + errors
    return json.loads(output.splitlines()[-1])


def call(folder: Path, hook: str, *arguments: object, **environ: str) -> Any:
    return end(begin(folder, hook, *arguments, **environ))


def wheel(folder: Path, to: Path, **environ: str) -> Path:
    to.mkdir(exist_ok=True)
    return to / call(folder, "build_wheel", to, **environ)


def read(wheel: Path, name: str) -> str:
    """A text in the wheel, whatever folder it is in."""
    with zipfile.ZipFile(wheel) as archive:
        (found,) = (entry for entry in archive.namelist() if entry.endswith(f"/{name}"))
        return archive.read(found).decode()


def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def command(folder: Path, name: str, script: str) -> Path:
    """A program of that name in a folder of its own, for PATH or CC."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path
