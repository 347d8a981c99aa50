"""Ids in paths: numbers within the range of the database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from flask_smorest import Api
from flask_smorest.spec.plugins import integerconverter2paramschema
from werkzeug.routing import IntegerConverter


class Id(IntegerConverter):
    """ASCII digits, at most as large as an id may be; a path with any other number does not exist."""

    regex = "[0-9]{1,19}"


def use(app: Flask) -> None:
    """Let `<int:…>` mean an id in every rule; to be called before any rule is added."""
    app.url_map.converters = {**app.url_map.converters, "int": Id}


def describe(api: Api) -> None:
    """Describe ids as integers in the OpenAPI document."""
    shape: Callable[[Any], dict[str, Any]] = integerconverter2paramschema
    api.register_converter(Id, shape)
