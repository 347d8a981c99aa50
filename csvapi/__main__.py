"""`python -m csvapi` is `csvapi`."""

import sys

from csvapi.cli import main

sys.exit(main())
