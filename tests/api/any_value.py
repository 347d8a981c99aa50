"""Values that nobody foresees, and where in a request they may stand: taken from the OpenAPI document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote

T = TypeVar("T")
TEXTS = (
    "²", "٣", "-1", "9223372036854775807", "9223372036854775808", "9" * 400, "1e999", "NaN", "a\0b", "x" * 3000,
    "😀" * 60, "../%2e%2e/", "'\"<>", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "2026-01-01T00:00:00",
    "\u202e\n",
)  # fmt: skip
OTHERS: tuple[Any, ...] = (
    0, -1, 2**63 - 1, 2**63, 10**400, 1.5, 1e308, 5e-324, True, None, [], {}, [[None]], {"index": 2**63}, {"date": "%"},
)  # fmt: skip
HEADERS = (
    "wait=²", "wait=" + "9" * 400, "bytes=²-", "bytes=9223372036854775808-", "Fri, 31 Dec 9999 23:59:59 -1400",
    "Mon, 01 Jan 0001 00:00:00 +1400", "sha-256=:²:", "Bearer ²", "a.b.c", "\x7f", "gzip", 'W/"', "=?utf-8?q?=FF?=",
)  # fmt: skip
ALWAYS = (
    "Authorization", "X-API-Key", "X-Request-ID", "Range", "If-Range", "If-Modified-Since", "If-None-Match", "Accept",
)  # fmt: skip
BODIES = (
    b'{"a":"\\ud800"}', b"\xff\xfe", b"[1,2]", b"9" * 5000, b'{"a":' + b"[" * 50_000, b'{"a":NaN}', b'{"a":1e999}',
    b'{"input":1,"input":2}', b'{"\\u0000":1}', b"null", b"\xef\xbb\xbf{}", b"a=%ff&a=%00&file=%f0",
)  # fmt: skip


@dataclass
class Call:
    """One request; `place` says what is odd about it."""

    method: str
    path: str
    place: str
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    json: Any = None
    data: bytes | None = None

    def arguments(self) -> dict[str, Any]:
        body: dict[str, Any] = {"json": self.json} if self.data is None and self.json is not None else {}
        if self.data is not None:
            body = {"data": self.data, "content_type": "application/json"}
        return {"query_string": self.query, "headers": self.headers, **body}


class Turns:
    """Gives out values in turn, so many for each place: all of them in the end, in all places, but not each in each."""

    def __init__(self, each: int | None) -> None:
        self._each, self._next = each, 0

    def of(self, values: Sequence[T]) -> list[T]:
        if self._each is None or self._each >= len(values):
            return list(values)
        self._next += self._each
        return [values[(self._next + number) % len(values)] for number in range(self._each)]


def calls(document: dict[str, Any], ids: dict[str, str], each: int | None = None) -> Iterator[Call]:
    """Requests of every operation that are right but for one value; `ids` fill the paths.

    `each` is how many values a place gets; None tries every value in every place, which takes minutes.
    """
    turns = Turns(each)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method in {"get", "post", "patch", "put", "delete"}:
                shared = operations.get("parameters", [])
                yield from _of(document, path, method.upper(), operation, shared, ids, turns)


def _of(
    document: dict[str, Any],
    path: str,
    method: str,
    operation: Any,
    shared: list[Any],
    ids: dict[str, str],
    turns: Turns,
) -> Iterator[Call]:
    content = operation.get("requestBody", {}).get("content", {})
    body = content.get("application/json", {}).get("example")
    if isinstance(body, dict):
        body = {name: int(ids["file_id"]) if name in ("input", "file_id") else value for name, value in body.items()}
    right = Call(method, _filled(path, ids), "", json=body)
    parameters = [_resolved(document, each) for each in (*shared, *operation.get("parameters", []))]
    for each in parameters:
        yield from _parameter(right, path, ids, each, turns)
    named = {each["name"] for each in parameters if each["in"] == "header"}
    for name in (*turns.of(ALWAYS), *sorted(named)):
        for value in turns.of(HEADERS):
            yield _with(right, f"header {name}: {value[:40]!r}", headers={name: value})
    if content:
        for raw in turns.of(BODIES):
            yield _with(right, f"body {raw[:30]!r}", data=raw)
    if body is not None:
        for place, changed in _bodies(body, _properties(document, content), turns):
            yield _with(right, f"body {place}", json=changed)


def _parameter(right: Call, path: str, ids: dict[str, str], parameter: dict[str, Any], turns: Turns) -> Iterator[Call]:
    name = parameter["name"]
    for value in turns.of(TEXTS):
        place = f"{parameter['in']} {name}: {value[:40]!r}"
        if parameter["in"] == "path":
            yield _with(right, place, path=_filled(path, {**ids, name: value}))
        elif parameter["in"] == "query":
            yield _with(right, place, query={name: value})


def _with(call: Call, place: str, **changes: Any) -> Call:
    return Call(**{**vars(call), "place": place, **changes})


def _filled(path: str, ids: dict[str, str]) -> str:
    return re.sub(r"{(\w+)}", lambda found: quote(ids.get(found[1], "1"), safe=""), path)


def _resolved(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document
    for part in node.get("$ref", "").removeprefix("#/").split("/") if "$ref" in node else ():
        found = found[part]
    return found if "$ref" in node else node


def _properties(document: dict[str, Any], content: dict[str, Any]) -> dict[str, Any]:
    schema = _resolved(document, content["application/json"].get("schema", {}))
    return {name: _resolved(document, each) for name, each in schema.get("properties", {}).items()}


def _bodies(body: Any, properties: dict[str, Any], turns: Turns) -> Iterator[tuple[str, Any]]:
    """The body with each value in it, and each that the schema names besides, replaced by each odd one."""
    places = [*_places(body), *((name,) for name in properties if name not in body)]
    for name, schema in properties.items():
        places += [(name, inner) for inner in schema.get("properties", {})]
    for place in dict.fromkeys(places):
        for value in turns.of((*TEXTS, *OTHERS)):
            yield f"{'/'.join(map(str, place))}: {str(value)[:40]!r}", _put(body, place, value)


def _places(value: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inner:
        yield (*at, name)
        yield from _places(each, (*at, name))


def _put(body: Any, place: tuple[str | int, ...], value: Any) -> Any:
    if not place:
        return value
    if isinstance(body, list):
        return [_put(each, place[1:], value) if number == place[0] else each for number, each in enumerate(body)]
    inner = body.get(place[0], {}) if isinstance(body, dict) else {}
    return {**(body if isinstance(body, dict) else {}), place[0]: _put(inner, place[1:], value)}
