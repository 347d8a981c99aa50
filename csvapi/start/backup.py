"""`csvapi backup`: the database and all files in one archive, while the service runs."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from csvapi.start.installation import application


def build_parser() -> argparse.ArgumentParser:
    """The options of `csvapi backup`."""
    parser = argparse.ArgumentParser("csvapi backup", description=__doc__)
    parser.add_argument("file", help="where to write the archive; - for standard output")
    return parser


def main(arguments: Sequence[str]) -> int:
    """Write the archive under a temporary name and rename it once it is complete; `-` is standard output."""
    name = build_parser().parse_args(arguments).file
    from csvapi.services import archive

    with application().app_context():
        if name == "-":
            done = archive.write(sys.stdout.buffer)
        else:
            path = Path(name)
            part = path.with_name(f"{path.name}.part")
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                done = archive.write(file)
            part.replace(path)
    print(f"{done.rows} rows and {done.files} files of {done.bytes} bytes", file=sys.stderr)
    for key in done.missing:
        print(f"missing from the storage: {key}", file=sys.stderr)
    return 0
