"""What a build of the kernel leaves behind, and how it is recognised: one definition for who builds and who loads.

The build backend reads this module by its path, before csvapi is installed: it imports the standard library alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

LIBRARY = "kernel.so"
REPORT = "kernel.txt"
VARIABLE = "CSVAPI_NATIVE"
_SOURCES = {".c", ".h", ".inc"}
_ON = {"", "on", "1", "true", "yes"}
_OFF = {"off", "0", "false", "no"}


class Report(NamedTuple):
    """What was built, or why nothing was. It stands beside the library, for people and for the loader.

    `compiler` is empty where nothing was built; only then there is a `reason`. `sources` is the `digest` of what was
    compiled, `sha256` that of the library as it was written, in hex: a library that was cut short or exchanged is
    known before the system maps it, which could end the process (SIGBUS).
    """

    compiler: str = ""
    sources: str = ""
    sha256: str = ""
    reason: str = ""

    @classmethod
    def of(cls, library: bytes, compiler: str, sources: str) -> Report:
        """The report of a library just built by `compiler` from `sources`, a digest of them."""
        return cls(compiler, sources, hashlib.sha256(library).hexdigest())

    def fits(self, library: bytes) -> bool:
        """Whether these bytes are the library that is reported."""
        return bool(self.compiler) and hashlib.sha256(library).hexdigest() == self.sha256

    def text(self) -> str:
        """What is written beside the library."""
        if not self.compiler:
            return f"not built: {self.reason}\n"
        return f"built by {self.compiler}\nsources {self.sources}\nsha256 {self.sha256}\n"

    @classmethod
    def parse(cls, text: str) -> Report:
        """The report that `text()` wrote; for any other text one that says so as its `reason`."""
        first, *others = text.splitlines() or [""]
        facts = dict(line.split(" ", 1) for line in others if " " in line)
        if first.startswith("built by ") and facts.keys() >= {"sources", "sha256"}:
            return cls(first.removeprefix("built by "), facts["sources"], facts["sha256"])
        if first.startswith("not built: "):
            return cls(reason=first.removeprefix("not built: "))
        return cls(reason=f"{REPORT} is not the report of a build")


def digest(folder: Path) -> str | None:
    """16 hex digits over the kernel's sources in `folder`, by name and content; None where there are none.

    An installed wheel has none: there the library came with the Python that calls it. In a checkout the sources may
    have moved on since the library was built.
    """
    paths = sorted(path for path in folder.iterdir() if path.suffix in _SOURCES)
    if not paths:
        return None
    found = hashlib.sha256()
    for path in paths:
        data = path.read_bytes()
        found.update(f"{path.name} {len(data)}\n".encode() + data)
    return found.hexdigest()[:16]


def wish(environ: Mapping[str, str]) -> str:
    """What CSVAPI_NATIVE asks for: `auto`, `off`, or a compiler, `cc` or `zig`. Raises ValueError for anything else."""
    text = environ.get(VARIABLE, "").strip().lower()
    if text in _ON:
        return "auto"
    if text in _OFF:
        return "off"
    if text in {"cc", "zig"}:
        return text
    raise ValueError(f"{VARIABLE} must be off, or cc or zig when installing, not {text!r}")
