"""Files that the processes of a run share as memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csvapi.engines.local.decisions import Shared

if TYPE_CHECKING:
    from pathlib import Path

SIZE = 1 << 20


def test_there_is_room_on_the_disk_for_all_of_it(tmp_path: Path) -> None:
    """A page without room would end the process that writes to it; what is there stays as the file grows."""
    path = tmp_path / "shared"
    path.write_bytes(b"\7")
    with Shared(path, SIZE) as view:
        assert bytes(view[:2]) == b"\7\0"
        assert path.stat().st_blocks * 512 >= SIZE
