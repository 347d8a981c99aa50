"""docs/api.md says what the code says."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from flask.testing import FlaskClient

SCRIPT = Path(__file__).parents[2] / "scripts" / "api_docs.py"


def test_the_generated_parts_are_fresh(client: FlaskClient) -> None:
    spec = importlib.util.spec_from_file_location("api_docs", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    page = script.PAGE.read_text()
    assert script.renewed(page, client.get("/swagger.json").json) == page, "run python scripts/api_docs.py"
