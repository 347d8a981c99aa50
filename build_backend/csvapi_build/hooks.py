"""The PEP 517 and PEP 660 hooks: setuptools' own, and with them the compiled kernel.

Nothing is written into the sources but, for an editable installation, the kernel itself: setuptools' build/ and
*.egg-info lie in a temporary folder, so that a checkout may be read-only, or in use by another build.
"""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from configparser import RawConfigParser
from contextlib import contextmanager
from pathlib import Path

from setuptools import build_meta

from csvapi_build import compiling, inplace, wheels
from csvapi_build.compiling import PLACE, artifact

Settings = Mapping[str, str | list[str] | None] | None
_EXTRA = "DIST_EXTRA_CONFIG"  # a configuration file that setuptools reads after setup.cfg


def get_requires_for_build_sdist(config_settings: Settings = None) -> list[str]:
    with _outside():
        return build_meta.get_requires_for_build_sdist(config_settings)


def get_requires_for_build_wheel(config_settings: Settings = None) -> list[str]:
    with _outside():
        return build_meta.get_requires_for_build_wheel(config_settings) + compiling.requirements()


def get_requires_for_build_editable(config_settings: Settings = None) -> list[str]:
    with _outside():
        needed = build_meta.get_requires_for_build_editable(config_settings)
    return needed + ([] if inplace.up_to_date() else compiling.requirements())


def prepare_metadata_for_build_wheel(metadata_directory: str, config_settings: Settings = None) -> str:
    with _outside():
        return build_meta.prepare_metadata_for_build_wheel(metadata_directory, config_settings)


def prepare_metadata_for_build_editable(metadata_directory: str, config_settings: Settings = None) -> str:
    with _outside():
        return build_meta.prepare_metadata_for_build_editable(metadata_directory, config_settings)


def build_sdist(sdist_directory: str, config_settings: Settings = None) -> str:
    with _outside():
        return build_meta.build_sdist(sdist_directory, config_settings)


def build_wheel(wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None) -> str:
    """setuptools' wheel with the kernel and its report: for this platform, or for any where there is no kernel."""
    kernel = compiling.build()
    _tell_of(kernel.report)
    with _outside() as work:
        made = work / build_meta.build_wheel(str(work), config_settings, metadata_directory)
        files = {artifact.REPORT: kernel.report.encode(), artifact.LIBRARY: kernel.library}
        named = {str(PLACE / name): data for name, data in files.items() if data is not None}
        return wheels.add(made, named, kernel.tag, Path(wheel_directory))


def build_editable(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None
) -> str:
    """setuptools' editable wheel; the kernel comes to lie beside its sources."""
    try:
        report = inplace.place(compiling.build())
        _tell_of(report)
    except OSError as error:
        _tell_of(f"{artifact.LIBRARY} cannot be put into {PLACE}: {error.strerror}")
    with _outside():
        return build_meta.build_editable(wheel_directory, config_settings, metadata_directory)


def _tell_of(report: str) -> None:
    """Warn where nothing was built: pip shows warnings, from version 26 on, and hides what a build prints."""
    why = report.strip()
    if artifact.Report.parse(report).compiler:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("always")  # also where PYTHONWARNINGS makes errors of them
        warnings.warn(f"csvapi without its compiled kernel: everything works, but slower ({why})", stacklevel=2)


@contextmanager
def _outside() -> Iterator[Path]:
    """A temporary folder, and setuptools told to keep what it makes on the way there."""
    before = os.environ.get(_EXTRA)
    with tempfile.TemporaryDirectory(prefix="csvapi-build-") as name:
        work = Path(name)
        (work / "egg").mkdir()
        config = RawConfigParser()
        config.read(before or [])
        config.read_dict({"build": {"build_base": str(work / "build")}, "egg_info": {"egg_base": str(work / "egg")}})
        with (work / "setup.cfg").open("w") as file:
            config.write(file)
        os.environ[_EXTRA] = str(work / "setup.cfg")
        try:
            yield work
        finally:
            os.environ.pop(_EXTRA)
            if before is not None:
                os.environ[_EXTRA] = before
