"""Conditions as people type them: COLUMN OPERATOR VALUE, as in `age >= 18` or `"full name" contains "de la"`.

A name or value with spaces or special characters stands in double or single quotes, which are doubled inside. A column
can be given by position as `#3` or `{"index": 3}`; in quotes `#3` is a name. After the value may follow `as text`
(number, date), or a format as JSON, as in `when >= 05.01.2020 as {"date": "%d.%m.%Y"}`, and `ignore case`.
`in` and `not_in` take values with commas between them. In place of a value `{"column": "b"}` is that of another column.
After `is_empty` and `not_empty` may follow `spaces`; without a column they are about whole records. A JSON object is a
tree of conditions, as in the API.

One text is one condition, and cells are never null: `and`, `or`, `&&`, `||`, `not` and the bare word `null` are refused
with a hint, and stand for themselves in quotes.
"""

from __future__ import annotations

import json
import re
from typing import Any

from csvapi.commands.columns import numbered
from csvapi.errors import InvalidInput
from csvapi.steps.filter_params import BARE, COMPARISONS, LISTS, TEXT

OPERATORS = (*COMPARISONS, *TEXT, *LISTS, *BARE)
_QUOTED = r""""(?:[^"]|"")*"|'(?:[^']|'')*'"""
_COLUMN = re.compile(rf"\s*(?:({_QUOTED})|(\{{[^{{}}]*\}})|([^\s\"'=!<>{{}}]+))\s*")
_JOINED = r"&&|\|\|"  # stand in no value without quotes
_OPERATOR = re.compile(rf"([=!<>]+|[a-z_]+(?=\s|$|{_JOINED}))\s*")
_VALUE = re.compile(rf"(?:({_QUOTED})|(?![\"'])((?:(?!{_JOINED})[^\s])+))\s*")
_ITEM = re.compile(rf"(?:({_QUOTED})|(?![\"'])((?:(?!{_JOINED})[^\s,])+))\s*")
_AND, _OR = re.compile(r"(?:and\b|&&)", re.IGNORECASE), re.compile(r"(?:or\b|\|\|)", re.IGNORECASE)
_NULL = re.compile(r"is\s+(?:not\s+)?(?:null|empty)\b", re.IGNORECASE)
_EMPTY = "COLUMN is_empty takes empty cells, COLUMN not_empty the others"
_AS = re.compile(r"as\s+(?:(auto|text|number|date)\b\s*|(?=\{))")
_RECORD = re.compile(r"\s*(is_empty|not_empty)(\s+spaces)?\s*")
_SPACES = re.compile(r"spaces\b\s*")
_COLUMN_VALUE = re.compile(r"""(\{\s*"column"\s*:\s*(?:"(?:[^"\\]|\\.)*"|\{[^{}]*\})\s*\})\s*""")
_IGNORE = re.compile(r"ignore\s+(case)\b\s*")


def tree(texts: list[str]) -> dict[str, Any]:
    """The `filters` or `where` of a filter step whose conditions `texts` must all hold. Raises `InvalidInput`."""
    parts = [condition(text) for text in texts]
    if all("operator" in part for part in parts):
        return {"filters": parts}
    return {"where": parts[0] if len(parts) == 1 else {"all": parts}}


def condition(text: str) -> dict[str, Any]:
    """One condition. Raises `InvalidInput` that shows where it stops making sense."""
    if (node := _json_object(text)) is not None:
        return node
    if found := _RECORD.fullmatch(text):
        return {"operator": found[1], **({"spaces": True} if found[2] else {})}
    column, at = _column(text)
    name, at = _operator(text, at)
    leaf: dict[str, Any] = {"column": column, "operator": name}
    if name in LISTS:
        leaf["value"], at = _values(text, at, name)
    elif name in BARE:
        if found := _SPACES.match(text, at):
            leaf["spaces"], at = True, found.end()
    elif (other := _COLUMN_VALUE.match(text, at)) and (value := _json_object(other[1])):
        leaf["value"], at = value, other.end()
    else:
        leaf["value"], at = _token(_VALUE, text, at, name)
    rest, at = _rest(text, at)
    leaf |= rest
    if at != len(text):
        raise _wrong(text, at, f"the end; {_after(text[at:], leaf)}")
    return leaf


def _after(rest: str, leaf: dict[str, Any]) -> str:
    """What a person who wrote `rest` after a whole condition can write instead."""
    quoted = "; as a part of the value it stands in quotes" if rest[:2] in ("&&", "||") else ""
    if found := _AND.match(rest):
        return f"a second condition is a second --where: --where {rest[found.end() :].strip() or 'CONDITION'!r}{quoted}"
    if _OR.match(rest):
        either = json.dumps({"any": [leaf]}, ensure_ascii=False)[:-2]
        return f"conditions of which one must hold are JSON: --where '{either}, …]}}'{quoted}"
    return "a value with spaces stands in quotes"


def _rest(text: str, at: int) -> tuple[dict[str, Any], int]:
    """What may follow a value, and where that ends."""
    rest: dict[str, Any] = {}
    if found := _AS.match(text, at):
        rest["as"], at = (found[1], found.end()) if found[1] else _object_at(text, found.end())
    if found := _IGNORE.match(text, at):
        rest["ignore"], at = [found[1]], found.end()
    return rest, at


def _object_at(text: str, at: int) -> tuple[Any, int]:
    try:
        node, end = json.JSONDecoder().raw_decode(text, at)
    except ValueError as error:
        raise _wrong(text, at, 'a format as JSON, as {"date": "%d.%m.%Y"}') from error
    return node, end + len(text[end:]) - len(text[end:].lstrip())


def _json_object(text: str) -> dict[str, Any] | None:
    try:
        node = json.loads(text)
    except ValueError:
        return None
    return node if isinstance(node, dict) else None


def _json_fault(text: str) -> str:
    """Why a tree of conditions cannot be read as JSON; nothing for what does not look like one."""
    try:
        json.loads(text if text.lstrip().startswith("{") else "{}")
    except ValueError as error:
        return f", or a tree of conditions as JSON: {error}"
    return ""


def _column(text: str) -> tuple[Any, int]:
    found = _COLUMN.match(text)
    if found is None:
        raise _wrong(text, 0, "a column" + _json_fault(text))
    if found[2]:
        position = _json_object(found[2])
        if position is None:
            raise _wrong(text, 0, 'a column, or its position as {"index": 3}')
        return position, found.end()
    if found[1]:
        return _unquoted(found[1]), found.end()
    try:
        return numbered(found[3]), found.end()
    except ValueError as error:
        raise InvalidInput(f"condition {text!r}: {error}.", pointer="/where") from error


def _operator(text: str, at: int) -> tuple[str, int]:
    found = _OPERATOR.match(text, at)
    if _NULL.match(text, at):
        raise _wrong(text, at, f"an operator; {_EMPTY}")
    if text[:at].strip().lower() == "not" and found is not None and found[1] not in OPERATORS:
        raise _wrong(text, 0, 'a column; the opposite is JSON: --where \'{"not": {"column": …}}\'')
    if found is None or found[1] not in OPERATORS:
        raise _wrong(text, at, f"one of {' '.join(OPERATORS)}")
    return found[1], found.end()


def _values(text: str, at: int, operator: str) -> tuple[list[str], int]:
    value, at = _token(_ITEM, text, at, operator)
    values = [value]
    while text[at : at + 1] == ",":
        at += len(text[at + 1 :]) - len(text[at + 1 :].lstrip()) + 1
        value, at = _token(_ITEM, text, at, operator)
        values.append(value)
    return values, at


def _token(pattern: re.Pattern[str], text: str, at: int, operator: str) -> tuple[str, int]:
    found = pattern.match(text, at)
    if found is None:
        raise _wrong(text, at, "a value")
    if found[1]:
        return _unquoted(found[1]), found.end()
    if operator not in TEXT and found[2].lower() == "null":
        raise _wrong(text, at, f"a value; no cell is null: {_EMPTY}; the text {found[2]} stands in quotes")
    return found[2], found.end()


def _unquoted(text: str) -> str:
    return text[1:-1].replace(text[0] * 2, text[0])


def _wrong(text: str, at: int, expected: str) -> InvalidInput:
    where = f"at {text[at:]!r}" if text[at:] else "after its end"
    return InvalidInput(f"condition {text!r}: {where} there should be {expected}.", pointer="/where")
