"""Files that the processes of a run share as memory."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from csvapi.engines.local.decisions import Marks, Shared, decision_file, duplicate_file
from csvapi.process.memory import mapped

if TYPE_CHECKING:
    from pathlib import Path

SIZE = 1 << 20


def test_there_is_room_on_the_disk_for_all_of_it(tmp_path: Path) -> None:
    """A page without room would end the process that writes to it; what is there stays as the file grows."""
    path = tmp_path / "shared"
    path.write_bytes(b"\7")
    with closing(Shared(path, SIZE)) as shared:
        assert bytes(shared.view[:2]) == b"\7\0"
        assert path.stat().st_blocks * 512 >= SIZE


def test_marks_of_many_records_leave_memory(tmp_path: Path) -> None:
    before, most, step = mapped(), 0, SIZE // 16
    with closing(Marks(tmp_path, 16 * SIZE, explain=True, most=SIZE)) as marks:
        assert not marks.fits
        for start in range(0, 16 * SIZE, step):
            marks.decisions[start : start + step] = b"\1" * step
            marks.repeats(start, start + 1)
            marks.trim()
            most = max(most, mapped() - before)
    assert most < 8 * SIZE
    assert decision_file(tmp_path).read_bytes() == b"\1" * (16 * SIZE)
    rows = memoryview(duplicate_file(tmp_path).read_bytes()).cast("q")
    assert [rows[start] for start in range(0, 16 * SIZE, step)] == [*range(2, 16 * SIZE, step)]
