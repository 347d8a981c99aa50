"""csvapi as it is without its optional extras, which this environment may hold: `plain.py ARGUMENT…`."""

import sys

sys.modules["numpy"] = None  # type: ignore[assignment]  # how Python marks a module that cannot be imported

from csvapi.cli import main  # noqa: E402  after the mark

sys.exit(main())
