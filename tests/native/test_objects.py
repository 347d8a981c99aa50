"""Records are written as the json module writes objects of texts."""

from __future__ import annotations

import json
from random import Random

import pytest
from hypothesis import given

from csvapi.native.form import Form
from csvapi.native.objects import Objects
from tests.native import checks
from tests.native.cases import Case
from tests.native.drawn import drawn, patient, sources


@patient
@given(case=drawn, source=sources)
def test_records_of_any_text(case: Case, source: Random) -> None:
    checks.objects(case, source)


@pytest.mark.parametrize("before", range(9))
def test_every_character_is_escaped_as_the_json_module_does(before: int) -> None:
    text = "x" * before + "".join(map(chr, [*range(1, 0x300), 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x10FFFF]))
    data = ('"' + text.replace('"', '""') + '"\n').encode()
    index = Case(Form(width=1), "utf-8", data, final=True).index()
    written = Objects([b'{"a":"', b'"}']).write(index, 0, room=1, limit=1 << 20)
    assert bytes(written.text).decode() == json.dumps({"a": text}, ensure_ascii=False, separators=(",", ":"))
    assert written[1:] == (1, 1)


def test_a_record_that_may_be_too_long_is_not_written() -> None:
    index = Case(Form(width=1), "utf-8", b"a\n" + b"b" * 100 + b"\n", final=True).index()
    writer = Objects([b'{"a":"', b'"}'])
    assert writer.write(index, 0, room=1, limit=600)[1:] == (1, 1)
    assert writer.write(index, 1, room=1, limit=600)[1:] == (0, 1)
    assert writer.write(index, 1, room=1, limit=800)[1:] == (1, 2)


def test_wrong_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="A table has 512 bytes"):
        Objects([b"", b""], b"a")
    index = Case(Form(width=1), "utf-8", b"a\n", final=True).index()
    for parts, record, skip in (([b"", b"", b""], 0, 0), ([b"", b""], 2, 0), ([b"", b""], 0, 1)):
        with pytest.raises(ValueError, match="columns"):
            Objects(parts).write(index, record, room=1, limit=9, skip=skip)
