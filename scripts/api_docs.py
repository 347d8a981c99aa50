"""Renew what docs/api.md has from the code: python scripts/api_docs.py; tests/api/test_api_docs.py tells when to.

`--document FILE` writes the OpenAPI document instead, for the checks of scripts/openapi.sh.
"""

from __future__ import annotations

import json
import re
import secrets
import sys
import tempfile
from pathlib import Path
from typing import Any

from csvapi import config
from csvapi.api import problems
from csvapi.app import create_app

PAGE = Path(__file__).parents[1] / "docs" / "api.md"
METHODS = ("get", "post", "patch", "delete")


def document() -> dict[str, Any]:
    """The OpenAPI document, of an application that is only asked for it."""
    with tempfile.TemporaryDirectory() as folder:
        keys = {name: secrets.token_urlsafe(48) for name in ("CSVAPI_SECRET_KEY", "CSVAPI_JWT_KEY")}
        where = {
            "CSVAPI_DATA_DIR": folder,
            "DATABASE_URL": f"sqlite:///{folder}/db",
            "REDIS_URL": "redis://127.0.0.1:9/0",
        }
        app = create_app(config.load({**keys, **where}))
        found: dict[str, Any] = app.test_client().get("/swagger.json").json
    return found


def endpoints(spec: dict[str, Any]) -> str:
    """One table for each tag: the endpoint, what it does, how it may answer."""
    tables = []
    for tag in spec["tags"]:
        rows = [
            f"| `{method.upper()} {path}` | {operation['summary']} | {' '.join(sorted(operation['responses']))} |"
            for path, methods in spec["paths"].items()
            for method, operation in ((name, methods[name]) for name in METHODS if name in methods)
            if tag["name"] in operation["tags"]
        ]
        title = tag["name"].removeprefix("v1-").capitalize()
        tables.append("\n".join([f"### {title}", "", f"{tag['description']}.", "", _HEAD, "|---|---|---|", *rows]))
    return "\n\n".join(tables)


_HEAD = "| Endpoint | Does | Answers |"


def codes() -> str:
    rows = [f"| `{code}` | {each.title} | {each.remedy} |" for code, each in problems.MEANINGS.items()]
    return "\n".join(["| Code | Says | The way out |", "|---|---|---|", *rows])


def renewed(page: str, spec: dict[str, Any]) -> str:
    """The page with its generated parts as the code has them now."""
    for name, text in (("endpoints", endpoints(spec)), ("codes", codes())):
        pattern = re.compile(f"(<!-- {name} -->\n).*?(\n<!-- /{name} -->)", re.DOTALL)
        page = pattern.sub(lambda found, text=text: found[1] + text + found[2], page)
    return page


if __name__ == "__main__":
    if sys.argv[1:2] == ["--document"]:
        Path(sys.argv[2]).write_text(json.dumps(document(), indent=1))
    else:
        PAGE.write_text(renewed(PAGE.read_text(), document()))
