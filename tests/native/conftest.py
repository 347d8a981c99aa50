"""These tests are about the kernel, which some machines do not have."""

import pytest

from csvapi.native.loader import load, why


@pytest.fixture(autouse=True, scope="session")
def _kernel() -> None:
    if load() is None:
        pytest.skip(f"no kernel: {why()}")
