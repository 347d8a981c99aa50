"""Which parser the tests of an operation put to the test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.operations.tables import READ

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module", autouse=True)
def _kernel_reads_some() -> Iterator[None]:
    """Else tests of all ways would be of a single one; tests/engines/test_files.py says how much it reads."""
    READ.clear()
    yield
    assert READ["native"] or not READ["csv"]
