"""The build backend: compiles with what there is, writes nothing where it should not, and its wheels are right."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import platform
import shutil
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from csvapi.native.artifact import Report
from csvapi.native.loader import NotUsable, load_from
from tests.native.building import (
    KERNEL,
    NATIVE,
    begin,
    call,
    checkout,
    command,
    end,
    kernel_alone,
    make_kernel,
    names,
    read,
    wheel,
)
from tests.test_locks import entries

CC = shutil.which("cc") or pytest.fail("install a C compiler (gcc, libc6-dev): these tests build with it")
CAT = shutil.which("cat")
HERE = sysconfig.get_platform().replace("-", "_").replace(".", "_")
ZIG = next(str(requirement) for requirement, _ in entries("requirements-build.lock") if requirement.name == "ziglang")
ZIG_SERVES = sys.platform == "linux" and platform.machine() in {"x86_64", "aarch64"}


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout for tests that only read it."""
    return checkout(tmp_path_factory.mktemp("sources") / "checkout")


@pytest.fixture(scope="module")
def built(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its wheel, built with cc."""
    return wheel(sources, tmp_path_factory.mktemp("built"))


@pytest.fixture
def nothing(tmp_path: Path) -> str:
    """A search path without a compiler."""
    (tmp_path / "nothing").mkdir()
    return str(tmp_path / "nothing")


@pytest.fixture
def alone(tmp_path: Path) -> Path:
    return kernel_alone(tmp_path / "alone")


def unpacked(wheel: Path, to: Path) -> Path:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(to)
    return to / NATIVE


def test_a_wheel_built_with_cc_has_a_library_that_loads_without_its_sources(built: Path, tmp_path: Path) -> None:
    assert built.name.endswith(f"-py3-none-{HERE}.whl")
    library, report = load_from(unpacked(built, tmp_path))
    assert report.compiler == "cc"
    assert library.best_level() == 0
    assert not [name for name in names(built) if Path(name).suffix in {".c", ".inc", ".h"}]


def test_the_record_names_every_file_with_its_hash_and_size(built: Path) -> None:
    """As the specification of wheels has it; installers refuse another, or warn."""
    rows = list(csv.reader(io.StringIO(read(built, "RECORD"))))
    assert [row[0] for row in rows] == names(built)
    with zipfile.ZipFile(built) as archive:
        for name, given, size in rows[:-1]:
            data = archive.read(name)
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            assert (given, size) == (f"sha256={digest}", str(len(data))), name
    assert rows[-1][0].endswith(".dist-info/RECORD")
    assert rows[-1][1:] == ["", ""]


def test_the_wheel_says_for_which_platform_it_is(built: Path) -> None:
    lines = read(built, "WHEEL").splitlines()
    assert f"Tag: py3-none-{HERE}" in lines
    assert "Root-Is-Purelib: false" in lines


def test_without_a_compiler_the_wheel_is_for_any_platform_and_says_why(
    sources: Path, nothing: str, tmp_path: Path
) -> None:
    made = wheel(sources, tmp_path / "out", PATH=nothing)
    assert made.name.endswith("-py3-none-any.whl")
    assert "Root-Is-Purelib: true" in read(made, "WHEEL")
    with pytest.raises(NotUsable, match="no C compiler was found"):
        load_from(unpacked(made, tmp_path))
    assert not (tmp_path / NATIVE / "kernel.so").exists()


def test_zigs_compiler_is_asked_for_only_where_no_other_works(alone: Path, nothing: str, tmp_path: Path) -> None:
    # a gcc without a C library beside it, as a Debian without libc6-dev has it
    command(tmp_path / "bare", "cc", "echo 'fatal error: stdint.h: No such file or directory' >&2; exit 1")
    wanted = ZIG if ZIG_SERVES else ""
    assert make_kernel(alone, "--requires") == ""
    assert make_kernel(alone, "--requires", PATH=nothing) == wanted
    assert make_kernel(alone, "--requires", PATH=str(tmp_path / "bare")) == wanted
    assert make_kernel(alone, "--requires", CSVAPI_NATIVE="zig") == wanted
    assert make_kernel(alone, "--requires", CSVAPI_NATIVE="off", PATH=nothing) == ""
    assert make_kernel(alone, "--requires", CSVAPI_NATIVE="cc", PATH=nothing) == ""


@pytest.mark.skipif(not ZIG_SERVES, reason="PyPI has no ziglang for this machine")
def test_whoever_installs_is_told_to_bring_zigs_compiler(sources: Path, nothing: str) -> None:
    assert call(sources, "get_requires_for_build_wheel", PATH=nothing) == [ZIG]
    assert call(sources, "get_requires_for_build_editable", PATH=nothing) == [ZIG]
    assert call(sources, "get_requires_for_build_sdist", PATH=nothing) == []


def test_switched_off_nothing_is_compiled(sources: Path, tmp_path: Path) -> None:
    made = wheel(sources, tmp_path / "out", CSVAPI_NATIVE="off")
    assert made.name.endswith("-py3-none-any.whl")
    assert read(made, "kernel.txt") == "not built: CSVAPI_NATIVE=off\n"


@pytest.mark.parametrize(
    ("wish", "says"),
    [("cc", "could not be built (no C compiler was found)"), ("no such thing", "must be off, or cc or zig")],
)
def test_a_compiler_asked_for_by_name_must_be_there(
    sources: Path, nothing: str, tmp_path: Path, wish: str, says: str
) -> None:
    process = begin(sources, "build_wheel", tmp_path, CSVAPI_NATIVE=wish, PATH=nothing)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert says in errors.splitlines()[-1]


def test_the_reason_is_the_compilers_first_error(alone: Path, tmp_path: Path) -> None:
    script = "printf 'In file included\\nx.h:1: fatal error: no y.h\\ncompilation terminated.\\n' >&2; exit 1"
    path = command(tmp_path / "bin", "cc", script).parent
    assert make_kernel(alone, PATH=str(path)) == "not built: cc: x.h:1: fatal error: no y.h"


def test_a_library_for_another_machine_is_none(alone: Path, nothing: str, tmp_path: Path) -> None:
    """A cross compiler, or one for 32 bits: the next one is tried."""
    other = bytearray(Path(sys.executable).read_bytes()[:64])
    other[18] ^= 0xFF  # e_machine of elf(5)
    (tmp_path / "other").write_bytes(other)
    write = f'while [ "$1" != -o ]; do shift; done; exec {CAT} {tmp_path / "other"} >"$2"'
    cross = str(command(tmp_path / "bin", "cross-gcc", write))
    assert make_kernel(alone, CC=cross, PATH=nothing) == "not built: cross-gcc: what it makes is not for this machine"
    command(tmp_path / "bin", "cross-gcc", "true")  # content with everything, and makes nothing
    assert make_kernel(alone, CC=cross, PATH=nothing) == "not built: cross-gcc: what it makes is not for this machine"
    assert make_kernel(alone, CC=cross) == "built by cc"


def test_cc_may_be_named_with_options(alone: Path) -> None:
    assert make_kernel(alone, CC=f"{CC} -pipe") == f"built by {Path(CC).name}"


@pytest.mark.parametrize("refused", ["-fstack-protector-strong", "never"])
def test_hardening_is_left_out_only_where_the_compiler_refuses_it(alone: Path, tmp_path: Path, refused: str) -> None:
    log = tmp_path / "log"
    script = f'echo "$*" >>{log}; case "$*" in *{refused}*) exit 1;; esac; exec {CC} "$@"'
    assert make_kernel(alone, CC=str(command(tmp_path / "bin", "own", script))) == "built by own"
    runs = log.read_text().splitlines()
    assert ["-D_FORTIFY_SOURCE=3" in run for run in runs] == ([True] if refused == "never" else [True, False])


@pytest.mark.skipif(not ZIG_SERVES, reason="PyPI has no ziglang for this machine")
def test_zig_compiles_for_a_named_and_old_system(sources: Path, nothing: str, tmp_path: Path) -> None:
    """By a ziglang that hands everything to cc: what it is called with, and what becomes of that, is ours."""
    package = tmp_path / "packages" / "ziglang"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(
        "import os, sys\n"
        "cc, option, target, *others = sys.argv[1:]\n"
        "assert (cc, option) == ('cc', '-target'), sys.argv\n"
        f"assert target.startswith('{platform.machine()}-linux-'), target\n"
        f"os.environ['PATH'] = {str(Path(CC).parent)!r}\n"
        f"os.execv({CC!r}, ['cc', *others])\n"
    )
    made = wheel(sources, tmp_path / "out", PATH=nothing, PYTHONPATH=str(package.parent))
    assert read(made, "kernel.txt").startswith("built by zig\n")
    assert made.name.endswith((f"-manylinux_2_17_{platform.machine()}.whl", f"-musllinux_1_1_{platform.machine()}.whl"))


def test_the_same_sources_give_the_same_wheel(built: Path, tmp_path: Path) -> None:
    again = wheel(checkout(tmp_path / "elsewhere"), tmp_path / "out", TMPDIR=str(tmp_path))
    assert hashlib.sha256(again.read_bytes()).digest() == hashlib.sha256(built.read_bytes()).digest()


def test_nothing_is_written_into_the_sources(sources: Path, tmp_path: Path) -> None:
    """So they may be read-only. A file that was made and removed again leaves its folder with another time."""
    before = times(sources)
    call(sources, "get_requires_for_build_wheel")
    call(sources, "prepare_metadata_for_build_wheel", tmp_path)
    wheel(sources, tmp_path / "out")
    assert times(sources) == before


def times(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in [folder, *folder.rglob("*")]}


def test_two_builds_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    sources = checkout(tmp_path / "checkout")
    places = [tmp_path / "one", tmp_path / "other"]
    for place in places:
        place.mkdir()
    editable = begin(sources, "build_editable", tmp_path)
    names = map(end, [begin(sources, "build_wheel", place) for place in places])
    one, other = ((place / name).read_bytes() for place, name in zip(places, names, strict=True))
    assert one == other
    end(editable)
    load_from(sources / NATIVE)


def test_an_editable_installation_has_the_library_beside_its_sources(tmp_path: Path, nothing: str) -> None:
    sources = checkout(tmp_path / "checkout")
    call(sources, "build_editable", tmp_path)
    assert load_from(sources / NATIVE)[1].compiler == "cc"

    # in a wheel is what was built for it, never what lies there
    off = wheel(sources, tmp_path / "off", CSVAPI_NATIVE="off")
    assert f"{NATIVE}/kernel.so" not in names(off)
    assert read(off, "kernel.txt") == "not built: CSVAPI_NATIVE=off\n"

    # where the compiler has gone, as zig's goes after a build, what it made stays, and is not asked for again
    call(sources, "build_editable", tmp_path, PATH=nothing)
    assert call(sources, "get_requires_for_build_editable", PATH=nothing) == []
    load_from(sources / NATIVE)


def test_where_the_library_cannot_be_put_an_editable_installation_goes_without(tmp_path: Path) -> None:
    sources = checkout(tmp_path / "checkout")
    (sources / NATIVE / "kernel.so" / "in the way").mkdir(parents=True)
    process = begin(sources, "build_editable", tmp_path)
    assert "without its compiled kernel" in process.communicate(timeout=60)[1]
    assert process.returncode == 0


def test_a_library_that_is_unwanted_or_of_other_sources_does_not_stay(alone: Path, nothing: str) -> None:
    make_kernel(alone)
    assert make_kernel(alone, "--requires", PATH=nothing) == ""
    assert make_kernel(alone, PATH=nothing) == "built by cc"  # what is there is whole, and of these sources
    (alone / NATIVE / "kernel.c").write_text(KERNEL + "// changed\n")
    assert make_kernel(alone, "--requires", PATH=nothing) == (ZIG if ZIG_SERVES else "")
    assert make_kernel(alone, PATH=nothing) == "not built: no C compiler was found"
    assert not (alone / NATIVE / "kernel.so").exists()
    make_kernel(alone)
    assert make_kernel(alone, CSVAPI_NATIVE="off") == "not built: CSVAPI_NATIVE=off"
    assert not (alone / NATIVE / "kernel.so").exists()
    assert Report.parse((alone / NATIVE / "kernel.txt").read_text()).reason == "CSVAPI_NATIVE=off"


def test_a_source_distribution_has_all_that_builds_it(built: Path, sources: Path, tmp_path: Path) -> None:
    own = shutil.copytree(sources, tmp_path / "checkout")
    call(own, "build_editable", tmp_path)  # its library is not for others
    name = call(own, "build_sdist", tmp_path)
    shutil.unpack_archive(tmp_path / name, tmp_path / "unpacked", filter="data")
    (folder,) = (tmp_path / "unpacked").iterdir()
    assert not (folder / NATIVE / "kernel.so").exists()
    assert wheel(folder, tmp_path / "out").read_bytes() == built.read_bytes()
