"""A run writes no more than it may: outputs, the parts of ranges and temporary files are counted before each write."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from csvapi.csvio.dialect import Dialect
from csvapi.csvio.disk import Limits
from csvapi.engines import Options, run
from csvapi.errors import CsvapiError, OutputLimit, QuotaExceeded, WorkspaceFull

if TYPE_CHECKING:
    from pathlib import Path

MIB = 1 << 20
PAIRS = [{"op": "join", "file": 2, "on": ["k"]}]
NAMES = [{"op": "convert", "format": "ndjson"}]
GROWN = [{"op": "set", "columns": ["k"], "replace": [{"text": "k", "with": "k" * 9_000}]}]
RAN = {"alone": 1, "side by side": 2}


def _written(folder: Path, text: str, steps: list[dict[str, Any]], limits: Limits, **options: Any) -> Path:
    """Run the steps on a disk of 6 MiB that holds the outputs and the workspace, and nothing when they fail."""
    source, disk = folder / "in", folder / "disk"
    source.write_text(text)
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(disk)], check=True)
    try:
        given = Options(limits=limits, smallest_range=1, memory=MIB, **options)
        run(
            source, Dialect(), steps, disk / "out", options=given, workspace=disk, files={2: (source, Dialect())},
            dropped=disk / "dropped", explain=disk / "why",
        )  # fmt: skip
    except CsvapiError:
        assert not list(disk.iterdir())
        raise
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)
    return disk


KEYS = "k,n\n" + "".join(f"k,{number}\n" for number in range(3_000))
QUOTA, OUTPUT = Limits(quota=MIB), Limits(output=MIB)
MUCH: dict[str, tuple[str, list[dict[str, Any]], Limits]] = {
    "pairs": (KEYS, PAIRS, QUOTA),
    "names": (f"k,{'n' * 50_000}\n" + "k,1\n" * 800, NAMES, QUOTA),
    "text": (KEYS, GROWN, OUTPUT),
    "pairs, then less": (KEYS, [*PAIRS, {"op": "slice", "head": 1}], OUTPUT),
    "dropped": (KEYS * 100, [{"op": "filter", "filters": [{"column": "n", "operator": "==", "value": ""}]}], QUOTA),
}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a disk")
@pytest.mark.parametrize("processes", RAN.values(), ids=RAN)
@pytest.mark.parametrize("name", MUCH)
def test_much_of_little_ends_at_the_limit(tmp_path: Path, name: str, processes: int) -> None:
    """On a disk that is full soon after: each run ends by its limit, and not by the disk's."""
    text, steps, limits = MUCH[name]
    with pytest.raises(QuotaExceeded if limits.quota else OutputLimit) as caught:
        _written(tmp_path, text, steps, limits, processes=processes, explain=name == "dropped")
    assert caught.value.context["limit"] == MIB
    assert str(MIB) in caught.value.detail


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a disk")
def test_the_reserve_of_a_disk_stays_free(tmp_path: Path) -> None:
    """A large reserve is a twentieth of a small disk."""
    with pytest.raises(WorkspaceFull, match="CSVAPI_DISK_RESERVE") as caught:
        _written(tmp_path, KEYS, PAIRS, Limits(reserve=1 << 40))
    assert caught.value.context["limit"] == 6 * MIB // 20


@pytest.mark.parametrize("steps", [[{"op": "sort", "by": ["n"]}], [{"op": "unique", "column": "n"}], PAIRS])
def test_temporary_files_do_not_count_as_the_result(tmp_path: Path, steps: list[dict[str, Any]]) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    source.write_text("k,n\n" + "".join(f"{number},{number}\n" for number in range(3_000)))
    once = run(source, Dialect(), steps, out, files={2: (source, Dialect())})
    limits = Limits(quota=once.output_bytes)
    for processes in RAN.values():
        options = Options(limits=limits, processes=processes, smallest_range=1, memory=10_000)
        run(source, Dialect(), steps, out, options=options, files={2: (source, Dialect())})
        assert out.stat().st_size == once.output_bytes
    with pytest.raises(QuotaExceeded):
        run(
            source, Dialect(), steps, out, options=Options(limits=Limits(quota=once.output_bytes - 1)),
            files={2: (source, Dialect())},
        )  # fmt: skip
