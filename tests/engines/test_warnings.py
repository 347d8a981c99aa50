"""What was odd about a file or could not be done is in the receipt, located, the same on every way of the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from csvapi.csvio import Dialect
from csvapi.csvio.data_warnings import CODES, MOST, DataWarning, capped
from csvapi.engines import Options, run
from tests.engines.running import WAYS

if TYPE_CHECKING:
    from pathlib import Path


def warnings_of(
    tmp_path: Path, data: bytes, *steps: dict[str, Any], dialect: Dialect | None = None, **options: Any
) -> list[dict[str, Any]]:
    source = tmp_path / "in"
    source.write_bytes(data)
    done = run(source, dialect or Dialect(), list(steps), tmp_path / "out", options=Options(**options))
    found: list[dict[str, Any]] = done.as_json()["warnings"]
    return found


def place(warning: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(warning[name] for name in ("count", "of", "row", "line", "byte"))


@pytest.mark.parametrize("way", WAYS)
def test_every_oddity_of_the_file_is_a_warning_with_its_first_place(tmp_path: Path, way: str) -> None:
    good = b"".join(b'%d,"x\ny"\n' % number for number in range(500))
    odd = b'8,"Bob "the" Man"\n9\n1,\xff\n2,\0\n\xef\xbb\xbfid,name\nid,name\n'
    found = warnings_of(tmp_path, b"id,name\n" + good + odd + good + b"\x1a", {"op": "dedup"}, **WAYS[way])
    at, line, byte = 501, 1002, 8 + len(good)
    assert {warning["code"]: place(warning) for warning in found} == {
        "trailing_bytes": (1, None, None, None, byte + len(odd) + len(good)),
        "quotes": (1, 1006, at, line, byte),
        "ragged": (1, 1006, at + 1, line + 1, byte + 18),
        "undecodable": (1, 1006, at + 2, line + 2, byte + 20),
        "nul": (1, 1006, at + 3, line + 3, byte + 24),
        "bom": (1, 1006, at + 4, line + 4, byte + 28),
        "repeated_header": (2, 1006, at + 4, line + 4, byte + 28),
    }
    assert {warning["code"] for warning in found} <= set(CODES)


@pytest.mark.parametrize("way", WAYS)
def test_the_header_again_after_any_line_end(tmp_path: Path, way: str) -> None:
    found = warnings_of(tmp_path, b"a,b\n1,2\ra,b\n1,3\r\na,b\r", {"op": "dedup"}, **WAYS[way])
    assert [(each["code"], *place(each)) for each in found] == [("repeated_header", 2, 4, 2, 3, 8)]


def test_escaped_quotes_are_not_malformed(tmp_path: Path) -> None:
    data = b'a,b\n"1\\" disk",x\n2\\",y\n"\\\\",z\n"3\\\\"q",w\n'
    found = warnings_of(tmp_path, data, {"op": "dedup"}, dialect=Dialect(escape="\\", double_quote=False))
    assert [(each["code"], each["count"], each["row"]) for each in found] == [("quotes", 1, 4)]


def test_the_preamble_is_counted_and_shown(tmp_path: Path) -> None:
    data = "Umsätze\n\na,b\n1,2\n".encode()
    found = warnings_of(tmp_path, data, {"op": "dedup"}, dialect=Dialect(preamble=10))
    assert [(each["code"], each["count"], each["line"], each["value"]) for each in found] == [
        ("preamble", 2, 1, "Umsätze")
    ]


def test_there_are_at_most_a_hundred() -> None:
    found = capped(DataWarning("nul", str(number)) for number in range(MOST + 7))
    assert len(found) == MOST + 1
    assert (found[-1].code, found[-1].count) == ("more_warnings", 7)
    assert capped(found[:MOST]) == found[:MOST]


@pytest.mark.parametrize("way", ["plain", "parallel"])
def test_another_file_has_warnings_of_its_own(tmp_path: Path, way: str) -> None:
    source, other, out = (tmp_path / name for name in ("in", "other", "out"))
    source.write_text("id,name\n1,a\n2,b\n")
    other.write_text('id,city\n1,"Bob "the" Man"\n2\n')
    steps: dict[str, dict[str, Any]] = {
        "join": {"op": "join", "file": "other", "on": ["id"]},
        "concat": {"op": "concat", "files": ["other"]},
    }
    for step in steps.values():
        files = {"other": (other, Dialect())}
        done = run(source, Dialect(), [{"op": "dedup"}, step], out, options=Options(**WAYS[way]), files=files)
        found = [(each["code"], each["file"], each["step"], *place(each)) for each in done.as_json()["warnings"]]
        assert found == [("ragged", "other", 2, 1, 2, 2, 3, 26), ("quotes", "other", 2, 1, 2, 1, 2, 8)]


def test_a_warning_is_short_however_long_the_names_are(tmp_path: Path) -> None:
    name = "n" * 50_000
    (warning,) = warnings_of(tmp_path, f"{name},b\n,1\n,2\n".encode(), {"op": "dedup", "columns": [name]})
    assert warning["code"] == "empty_keys"
    assert all(len(str(part)) <= 1000 for part in warning.values())
