"""Copies of what the package is built from, for tests that build it: this checkout stays as it is."""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCES = (
    "build_backend",
    "csvapi",
    "migrations",
    "setup.cfg",
    "pyproject.toml",
    "MANIFEST.in",
    "README.md",
    "LICENSE",
    "docs/csvapi.1",
)
BUILT = ("kernel.so", "kernel.txt")  # beside the sources in csvapi/native, where there was an editable installation


def copy(to: Path) -> Path:
    """The sources alone, as a fresh clone has them."""
    to.mkdir(parents=True)
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, to / name, ignore=shutil.ignore_patterns("__pycache__", *BUILT))
        else:
            (to / name).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / name, to / name)
    return to
