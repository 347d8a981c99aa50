"""The loader takes the library that was built from these sources, whole, and no other; and it says which it is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import csvapi
from csvapi.native import artifact, loader
from csvapi.native.artifact import Report, digest
from csvapi.native.loader import NotUsable, load_from
from tests.native.building import KERNEL, NATIVE, kernel_alone, make_kernel


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = kernel_alone(tmp_path_factory.mktemp("built") / "alone")
    assert make_kernel(folder).startswith("built by")
    return folder


@pytest.fixture
def built(original: Path, tmp_path: Path) -> Path:
    """A folder with sources, library and report."""
    return shutil.copytree(original / NATIVE, tmp_path / "native")


def report_again(folder: Path) -> None:
    """Make the report that of the library as it is now."""
    sources = digest(folder)
    assert sources is not None
    (folder / "kernel.txt").write_text(Report.of((folder / "kernel.so").read_bytes(), "cc", sources).text())


def test_it_loads_beside_its_sources_and_without_them(built: Path) -> None:
    load_from(built)
    (built / "kernel.c").unlink()
    assert digest(built) is None
    load_from(built)


@pytest.mark.parametrize("share", [0, 0.3, 0.6, 0.99])
def test_a_library_that_was_cut_short_is_not_even_mapped(built: Path, share: float) -> None:
    """The system would end the process with SIGBUS, some time."""
    data = (built / "kernel.so").read_bytes()
    (built / "kernel.so").write_bytes(data[: int(len(data) * share)])
    with pytest.raises(NotUsable, match="not the one that was built here"):
        load_from(built)


def test_a_library_of_another_machine_is_not_for_this_system(built: Path) -> None:
    data = bytearray((built / "kernel.so").read_bytes())
    data[18:20] = b"\xf3\x00" if data[18:20] != b"\xf3\x00" else b"\x3e\x00"  # e_machine of elf(5): RISC-V, or x86-64
    (built / "kernel.so").write_bytes(data)
    report_again(built)
    with pytest.raises(NotUsable, match="not for this system") as raised:
        load_from(built)
    assert str(built) not in str(raised.value)


def test_a_library_of_something_else_is_not_taken(built: Path) -> None:
    (built.parent / "other").mkdir()
    other = kernel_alone(built.parent / "other" / "alone")
    (other / NATIVE / "kernel.c").write_text("int answer(void) { return 42; }\n")
    assert shutil.copy(compiled(other), built)
    report_again(built)
    with pytest.raises(NotUsable, match="not for this system"):  # it does not say which sources it is made of
        load_from(built)


def test_a_library_of_other_sources_says_how_to_mend_it(built: Path) -> None:
    (built / "kernel.c").write_text(KERNEL + "// changed\n")
    with pytest.raises(NotUsable, match="other sources; make kernel"):
        load_from(built)
    report_again(built)  # even where the report tells of the new ones: the library itself knows
    with pytest.raises(NotUsable, match="not the one that was built here"):
        load_from(built)


def test_a_new_source_counts_and_so_does_its_name(built: Path) -> None:
    before = digest(built)
    (built / "more.inc").write_text("")
    after = digest(built)
    (built / "more.inc").rename(built / "less.inc")
    assert len({before, after, digest(built)}) == 3
    (built / "notes.txt").write_text("no source")
    (built / "less.inc").unlink()
    assert digest(built) == before


def test_what_is_missing_or_unreadable_has_a_reason(built: Path) -> None:
    (built / "kernel.so").unlink()
    with pytest.raises(NotUsable, match="was not built"):
        load_from(built)
    (built / "kernel.so").mkdir()
    with pytest.raises(NotUsable, match=r"kernel\.so cannot be read"):
        load_from(built)
    for text in (b"\xff\xfe nothing of ours", b"", b"built by cc\nsources 0123456789abcdef\n"):
        (built / "kernel.txt").write_bytes(text)
        with pytest.raises(NotUsable, match=r"kernel\.txt is not the report of a build"):
            load_from(built)
    (built / "kernel.txt").unlink()
    with pytest.raises(NotUsable, match="was not built"):
        load_from(built)


def compiled(folder: Path) -> Path:
    make_kernel(folder)
    return folder / NATIVE / "kernel.so"


@pytest.mark.parametrize(
    "report",
    [Report("cc", "0123456789abcdef", "00" * 32), Report(reason="no C compiler was found"), Report("zig", "", "")],
)
def test_a_report_is_read_as_it_was_written(report: Report) -> None:
    assert Report.parse(report.text()) == report


@pytest.mark.skipif(artifact.wish(os.environ) == "off", reason="CSVAPI_NATIVE=off")
def test_this_checkout_has_its_kernel() -> None:
    """Else all tests would pass without it."""
    assert loader.load() is not None, f"{loader.why()}: run make kernel"
    assert loader.parser() == f"native kernel ({loader.why()})"
    assert loader.why().startswith("built by ")


@pytest.mark.parametrize("value", ["off", "0", " Off "])
def test_switched_off_it_is_not_loaded(value: str) -> None:
    done = version(CSVAPI_NATIVE=value)
    assert done.stdout == f"csvapi {csvapi.__version__}\nparser: csv module only: CSVAPI_NATIVE=off\n"


@pytest.mark.parametrize("value", ["", "on", "cc", "zig"])
def test_what_says_how_to_build_it_loads_it(value: str) -> None:
    assert version(CSVAPI_NATIVE=value).stdout.splitlines()[1].startswith("parser: native kernel (built by ")


def test_a_value_that_means_nothing_is_refused() -> None:
    done = version(CSVAPI_NATIVE="none")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("csvapi --version: CSVAPI_NATIVE must be off")


def version(**environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "csvapi", "--version"]
    return subprocess.run(command, env={**os.environ, **environ}, capture_output=True, text=True, check=False)
