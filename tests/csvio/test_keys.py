"""Keys are equal exactly when fields are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from csvapi.csvio.keys import canonical, digester

cells = st.one_of(st.none(), st.sampled_from([b"", b"a", b"a,", b",a", b"\n", b"\r", b'"', b"'", b"None", b"a,b"]))
rows = st.lists(cells, min_size=1, max_size=3)


@given(one=rows, other=rows)
def test_keys_separate_what_differs(one: list[bytes | None], other: list[bytes | None]) -> None:
    assert (canonical(one, b",") == canonical(other, b",")) == (one == other)


@given(keys=st.lists(st.binary(max_size=8), max_size=20))
def test_both_digests_tell_keys_apart(keys: list[bytes]) -> None:
    for seed in (None, "0"):
        pairs = list(zip(*digester(seed)(keys), strict=True))
        assert len(set(pairs)) == len(set(keys))
        assert pairs == list(zip(*digester(seed)(keys), strict=True))
