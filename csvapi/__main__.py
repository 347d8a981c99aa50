"""`python -m csvapi` is `csvapi`."""

import sys

from csvapi.cli import program

sys.exit(program())
