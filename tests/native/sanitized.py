"""The kernel as AddressSanitizer and UndefinedBehaviorSanitizer watch it, in a copy of the package."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from csvapi import native
from csvapi.native import artifact

_FLAGS = ("-O1", "-g", "-std=gnu11", "-fPIC", "-shared", "-fvisibility=hidden", "-fsanitize=address,undefined")
_STRICT = ("-fno-sanitize-recover=all", "-fno-omit-frame-pointer")


class NoSanitizersError(Exception):
    """This machine's compiler has none."""


def build(folder: Path) -> dict[str, str]:
    """Put the package with such a kernel into `folder`; what a process that is to use it has in its environment.

    Raises `NoSanitizersError` where the compiler does not know them.
    """
    compiler = os.environ.get("CC", "cc")
    home = Path(native.__file__).parent
    place = folder / "csvapi" / "native"
    shutil.copytree(home, place, ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    for other in home.parent.iterdir():
        if other.name not in ("native", "__pycache__"):
            (place.parent / other.name).symlink_to(other)
    source = artifact.digest(place) or ""
    command = [compiler, *_FLAGS, *_STRICT, f'-DKERNEL_SOURCE="{source}"', "-o", artifact.LIBRARY, "kernel.c"]
    runtime = [compiler, "-print-file-name=libasan.so"]
    try:
        subprocess.run(command, cwd=place, check=True, capture_output=True, text=True)
        library = subprocess.run(runtime, check=True, capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError) as error:
        raise NoSanitizersError(getattr(error, "stderr", str(error))) from error
    built = (place / artifact.LIBRARY).read_bytes()
    (place / artifact.REPORT).write_text(artifact.Report.of(built, compiler, source).text())
    if not Path(library).is_absolute():
        raise NoSanitizersError("libasan is not a library to preload")
    return {
        "PYTHONPATH": f"{folder}:{home.parents[1]}",
        "PYTHONMALLOC": "malloc",
        "LD_PRELOAD": library,
        "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1",
        "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
    }
