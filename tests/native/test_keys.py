"""Digests are SipHash of the records' canonical keys, whoever read them."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csvapi.native import keys
from csvapi.native.form import Form
from tests.native import checks, model
from tests.native.cases import Case
from tests.native.drawn import drawn, patient, sources

SECRET = bytes(range(16))


def test_the_model_is_siphash() -> None:
    """By the test vectors of SipHash-2-4-128, github.com/veorq/SipHash."""
    assert model.siphash(SECRET, b"", (2, 4)).hex() == "a3817f04ba25a8e66df67214c7550293"
    assert model.siphash(SECRET, bytes(range(15)), (2, 4)).hex() == "5493e99933b0a8117e08ec0f97cfc3d9"


@given(known=st.lists(st.binary(max_size=40), max_size=9), secret=st.binary(min_size=16, max_size=16))
def test_digests_of_keys_are_siphash(known: list[bytes], secret: bytes) -> None:
    found = bytearray(16 * len(known))
    keys.digests_of(known, secret, found)
    assert bytes(found) == b"".join(model.siphash(secret, key) for key in known)


@patient
@given(case=drawn, source=sources)
def test_digests_of_records_are_those_of_their_keys(case: Case, source: Random) -> None:
    checks.digests(case, source)


@pytest.mark.parametrize(
    ("text", "columns", "classes"),
    [
        (b'a,b\n"a",b\na,"b"\r\n"a","b"\n', None, [0, 0, 0, 0]),
        (b'"a,b",\na,"b,"\n"a","b,"\n', None, [0, 1, 1]),
        (b'"x""",1\n"x""",2\n"x",1\n', [0], [0, 0, 1]),
        (b'ab,c\na,bc\n"ab","c"\n', [0, 1], [0, 1, 0]),
        (b'"\n",a\n",",a\n"\r",a\n"\n",b\n', [0], [0, 1, 2, 0]),
    ],
)
def test_records_are_equal_when_their_fields_are(text: bytes, columns: list[int] | None, classes: list[int]) -> None:
    index = Case(Form(width=2), "utf-8", text, final=True).index()
    found = keys.digests(index, keys.new_secret(), columns).tolist()
    assert [found.index(each) for each in found] == [classes.index(each) for each in classes]


def test_wrong_arguments_are_refused() -> None:
    index = Case(Form(width=2), "utf-8", b"1,2\n", final=True).index()
    with pytest.raises(ValueError, match="must differ"):
        keys.digests(index, SECRET, [0, 0])
    with pytest.raises(ValueError, match="A secret has 16 bytes"):
        keys.digests(index, b"short")
    with pytest.raises(ValueError, match="out must have 32 bytes"):
        keys.digests_of([b"a", b"b"], SECRET, bytearray(31))
    with pytest.raises(ValueError, match="mask must have 1 bytes"):
        keys.digests(index, SECRET, mask=b"")
