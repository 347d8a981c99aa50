"""`csvapi restore`: bring an archive of `csvapi backup` back into an empty installation."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from csvapi.errors import InvalidInput
from csvapi.start.installation import application


def build_parser() -> argparse.ArgumentParser:
    """The options of `csvapi restore`."""
    parser = argparse.ArgumentParser("csvapi restore", description=__doc__)
    parser.add_argument("file", help="the archive; - for standard input")
    return parser


def main(arguments: Sequence[str]) -> int:
    """Exit code 1 if a file of the archive is missing or damaged; all others are restored then, too."""
    name = build_parser().parse_args(arguments).file
    if name == "-":
        return _restore(sys.stdin.buffer)
    try:
        with Path(name).open("rb") as file:
            return _restore(file)
    except FileNotFoundError as error:
        raise InvalidInput(f"There is no file {name}") from error


def _restore(source: BinaryIO) -> int:
    """Rows are inserted into tables of the revision they come from, which are then updated as usual."""
    from flask_migrate import downgrade, upgrade

    from csvapi import migrating
    from csvapi.extensions import runtime
    from csvapi.services import archive

    app = application()
    migrating.use(app)
    with app.app_context():
        steps = archive.read(source)
        wanted = _known(next(steps)["revision"])
        downgrade(revision="base")
        upgrade(revision=wanted)
        runtime().storage.prepare()
        done = next(steps)
        upgrade()
    print(f"{done.rows} rows and {done.files} files of {done.bytes} bytes are back", file=sys.stderr)
    for key in done.missing:
        print(f"missing from the archive, or not what it was: {key}", file=sys.stderr)
    return 1 if done.missing else 0


def _known(revision: str) -> str:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    from csvapi.migrating import MIGRATIONS

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    if revision not in {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}:
        raise InvalidInput(f"The archive was made by a newer csvapi (its tables are those of revision {revision})")
    return revision
