"""Warnings on the command line: a line each on standard error, and an exit code for those that must not happen."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from csvapi.csvio.data_warnings import capped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csvapi.csvio.data_warnings import DataWarning

UNWANTED = 1  # exit code


def warn(command: str, found: Sequence[DataWarning], *, quiet: bool, unwanted: Sequence[str] = ()) -> int:
    """Print what was found, unless `quiet`; the exit code is 1 if a code of it is `unwanted` ("any" is every code)."""
    if not quiet:
        for warning in capped(found):
            print(f"csvapi {command}: warning: {' '.join(str(warning).split())}", file=sys.stderr)
    codes = {warning.code for warning in found}
    return UNWANTED if codes and ("any" in unwanted or codes.intersection(unwanted)) else 0
