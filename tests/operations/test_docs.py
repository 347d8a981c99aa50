"""docs/operations.md says what the catalogue says."""

from __future__ import annotations

from csvapi.operations import catalogue
from scripts.operations_docs import PAGE, page


def test_the_page_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python scripts/operations_docs.py"


def test_every_operation_and_parameter_is_described() -> None:
    for name, operation in catalogue().items():
        assert f"## {name}\n" in page()
        for parameter, field in operation.params().fields.items():
            assert field.metadata.get("description"), f"{name}.{parameter} says nothing about itself"
