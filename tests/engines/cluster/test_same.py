"""A cluster's bytes, counts, warnings, dropped records and reasons are the local engine's, wherever the file is cut."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from csvapi.csvio.byte_dialect import ByteDialect
from csvapi.engines import cluster
from csvapi.errors import CsvapiError
from tests.engines.cluster.comparing import STEPS, There, here
from tests.engines.cluster.folder_bucket import FolderBucket, Here
from tests.engines.files import dialects, texts, written
from tests.engines.running import reused

if TYPE_CHECKING:
    from pathlib import Path

    from csvapi.csvio.dialect import Dialect


@st.composite
def files(draw: st.DrawFn, kind: str) -> tuple[Dialect, bytes]:
    dialect = draw(dialects)
    assume(not ByteDialect.of(dialect).wide)
    text = draw((written if kind == "written" else texts)(dialect))
    return dialect, text.encode(dialect.encoding, "replace")


def compare(folder: Path, data: bytes, dialect: Dialect, name: str, split: cluster.Split, cuts: list[int]) -> None:
    bucket = FolderBucket(folder / "bucket")
    bucket.root.mkdir(exist_ok=True)
    there = There(bucket, Here(), f"{uuid4().hex}/")
    bucket.put(f"{there.prefix}in", data)
    try:
        wanted = here(folder, data, dialect, STEPS[name])
    except CsvapiError as error:
        with pytest.raises(type(error)):
            there.run(dialect, STEPS[name], split, cuts)
        return
    assume(wanted.receipt["found"]["records"])
    found, _ = there.run(dialect, STEPS[name], split, cuts)
    assert found.receipt == wanted.receipt
    assert found == wanted


@pytest.mark.parametrize("name", STEPS)
@settings(reused, max_examples=10)
@given(file=files("written"), partitions=st.sampled_from([1, 2, 8]), data=st.data())
def test_any_line_may_be_a_cut(
    tmp_path: Path, name: str, file: tuple[Dialect, bytes], partitions: int, data: st.DataObject
) -> None:
    dialect, content = file
    lines = [place + 1 for place, byte in enumerate(content) if byte == ord("\n")]
    cuts = data.draw(st.lists(st.sampled_from(lines), max_size=12)) if lines else []
    compare(tmp_path, content, dialect, name, cluster.Split(1 << 30, partitions), cuts)


@pytest.mark.parametrize("name", STEPS)
@settings(reused, max_examples=10)
@given(file=files("any"), size=st.sampled_from([10, 40, 200]))
def test_any_file_is_cut_where_records_begin(tmp_path: Path, name: str, file: tuple[Dialect, bytes], size: int) -> None:
    dialect, content = file
    compare(tmp_path, content, dialect, name, cluster.Split(size, 2), [])
