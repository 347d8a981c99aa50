"""Columns as people type them: a name, a position as `#3`, or one as the API has it, `{"index": 3}`."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from typing import TYPE_CHECKING, Any

from csvapi.commands.json_text import json_value

if TYPE_CHECKING:
    from collections.abc import Iterable

_POSITION = re.compile(r"#([0-9]+)", re.ASCII)
_NUMBERED = re.compile(r"#+[0-9]+", re.ASCII)
_NAME = re.compile(r"##+[0-9]+", re.ASCII)


def numbered(text: str) -> Any:
    """`#3` as the third column, `##3` as the one that is called `#3`; anything else is a name as it is.

    Raises `ValueError` for `#0`.
    """
    if found := _POSITION.fullmatch(text):
        if not int(found[1]):
            raise ValueError(f"{text}: positions count from 1; a column that is called {text} is written #{text}")
        return {"index": int(found[1])}
    return text[1:] if _NAME.fullmatch(text) else text


def column(text: str) -> Any:
    """One column; for argparse."""
    return json_value(text) if text.startswith('{"index"') else _given(text)


def typed(name: str, *, several: bool) -> str:
    """A name as it is written on a command line; with `several`, in a list with commas between names."""
    name = f"#{name}" if _NUMBERED.fullmatch(name) else name
    if several and ("," in name or '"' in name):
        return '"{}"'.format(name.replace('"', '""'))
    return name


def columns(given: Iterable[Any]) -> list[Any]:
    """What a list of names, or of JSON, holds; for argparse."""
    return [_given(each) if isinstance(each, str) else each for each in given]


def _given(text: str) -> Any:
    try:
        return numbered(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error
