"""`csvapi invite`: make a code that opens the registration once, where CSVAPI_REGISTRATION is `invite`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from csvapi.start.installation import application


def build_parser() -> argparse.ArgumentParser:
    """The options of `csvapi invite`."""
    parser = argparse.ArgumentParser("csvapi invite", description=__doc__)
    parser.add_argument("--note", default="", help="for whom it is")
    return parser


def main(arguments: Sequence[str]) -> int:
    """Print a new code; it is not stored."""
    given = build_parser().parse_args(arguments)
    from csvapi.services import invitations

    with application().app_context():
        _, code = invitations.create(None, given.note)
    print(code)
    return 0
