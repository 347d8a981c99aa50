"""What is left to a process of its own."""

from __future__ import annotations

import pytest

from csvapi.jobs.handlers import in_the_worker, index_rows
from csvapi.services.leases import NotSmall


def test_an_index_of_rows_is_made_in_a_process_of_its_own() -> None:
    """It is on the queue of small tasks so that somebody who scrolls need not wait for large ones."""
    here = in_the_worker.set(True)
    try:
        with pytest.raises(NotSmall):
            index_rows(1, 1, "name")
    finally:
        in_the_worker.reset(here)
