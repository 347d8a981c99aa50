"""Numbers in paths: ids as the database counts them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from flask_smorest import Api
from flask_smorest.spec.plugins import integerconverter2paramschema
from werkzeug.routing import IntegerConverter


class Id(IntegerConverter):
    """ASCII digits, no more than the largest id has; a path with any other number is one that does not exist."""

    regex = "[0-9]{1,19}"


def use(app: Flask) -> None:
    """Let `<int:…>` in every rule mean an id; to be called before there are any rules."""
    app.url_map.converters = {**app.url_map.converters, "int": Id}


def describe(api: Api) -> None:
    """Describe ids in the OpenAPI document as the integers they are."""
    shape: Callable[[Any], dict[str, Any]] = integerconverter2paramschema
    api.register_converter(Id, shape)
