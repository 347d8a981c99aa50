"""Compiles the kernel into one library: by $CC or cc, else by zig's compiler from PyPI, else not at all."""

from __future__ import annotations

import importlib.util
import os
import platform
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

ZIG = "ziglang==0.17.1"  # its hashes are in requirements-build.lock
PLACE = Path("csvapi", "native")  # below the root of the sources, which is the working directory of every build
FLAGS = ("-O3", "-std=gnu11", "-fPIC", "-shared", "-fvisibility=hidden", "-s", "-Wl,-z,defs", "-Wl,--build-id=none")
HARDENED = ("-fstack-protector-strong", "-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=3")
PATIENCE = 300  # seconds for one run of a compiler


def _artifact() -> ModuleType:
    """csvapi.native.artifact, by its path: what is built is not installed yet."""
    spec = importlib.util.spec_from_file_location("csvapi_build.artifact", PLACE / "artifact.py")
    assert spec is not None  # noqa: S101 -- only a name without a loader has none
    assert spec.loader is not None  # noqa: S101 -- likewise
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


artifact = _artifact()


class CannotCompile(Exception):
    """Which compiler, and the first of its complaints."""


class Compiler(NamedTuple):
    """A command that compiles C; what it makes runs on systems with this platform tag (PEP 425)."""

    name: str
    command: tuple[str, ...]
    tag: str


class Kernel(NamedTuple):
    """What a build gives: the library (None: there is none), its report, and the platform tag of a wheel with it."""

    library: bytes | None
    report: str
    tag: str


def build() -> Kernel:
    """Compile by the first compiler that can; without one, give the reason, which is no failure.

    With CSVAPI_NATIVE=cc or zig it is one: SystemExit, with the reason.
    """
    wish = _wish()
    why = f"{artifact.VARIABLE}=off" if wish == "off" else "no C compiler was found"
    for compiler in compilers(wish):
        try:
            library = compile_with(compiler)
        except CannotCompile as error:
            why = str(error)
        else:
            report = artifact.Report.of(library, compiler.name, artifact.digest(PLACE))
            return Kernel(library, report.text(), compiler.tag)
    if wish in {"cc", "zig"}:
        raise SystemExit(f"csvapi: {artifact.VARIABLE}={wish}, but the kernel could not be built ({why})")
    return Kernel(None, artifact.Report(reason=why).text(), "any")


def requirements() -> list[str]:
    """What has to be installed first: zig's compiler, where no other works, it can serve, and it was not declined."""
    wish = _wish()
    if wish in {"off", "cc"} or not zig_serves():
        return []
    if wish == "auto" and any(map(works, own_compilers())):
        return []
    return [ZIG]


def works(compiler: Compiler) -> bool:
    """Whether it compiles this very kernel, tried without optimising: some compilers have no C library beside them."""
    try:
        compile_with(compiler, "-O0")
    except CannotCompile:
        return False
    return True


def compilers(wish: str) -> Iterator[Compiler]:
    if wish in {"auto", "cc"}:
        yield from own_compilers()
    if wish in {"auto", "zig"} and zig_serves() and importlib.util.find_spec("ziglang"):
        yield zig_compiler()


def own_compilers() -> Iterator[Compiler]:
    """$CC, and those of the usual names that there are; a name that leads to the same program counts once."""
    tag = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    if command := shlex.split(os.environ.get("CC", "")):
        yield Compiler(Path(command[0]).name, tuple(command), tag)
    seen = set[str]()
    for name in ("cc", "gcc", "clang"):
        path = os.path.realpath(shutil.which(name) or "")
        if shutil.which(name) and path not in seen:
            seen.add(path)
            yield Compiler(name, (name,), tag)


def zig_serves() -> bool:
    """Whether PyPI has a wheel of ziglang for this system that can compile for it."""
    return sys.platform == "linux" and platform.machine() in {"x86_64", "aarch64"} and sys.maxsize > 1 << 32


def zig_compiler() -> Compiler:
    """Always with a target: without one zig compiles for the very processor of this machine."""
    machine, musl = platform.machine(), "musl" in (sysconfig.get_config_var("HOST_GNU_TYPE") or "")
    target = f"{machine}-linux-{'musl' if musl else 'gnu.2.17'}"
    tag = f"{'musllinux_1_1' if musl else 'manylinux_2_17'}_{machine}"
    return Compiler("zig", (sys.executable, "-m", "ziglang", "cc", "-target", target), tag)


def compile_with(compiler: Compiler, *options: str) -> bytes:
    """The library, for this machine; CannotCompile otherwise. Hardened, unless this compiler does not know how."""
    with tempfile.TemporaryDirectory(prefix="csvapi-kernel-") as work:
        try:
            _run(compiler, Path(work), *HARDENED, *options)
        except CannotCompile:
            _run(compiler, Path(work), *options)
        made = Path(work, artifact.LIBRARY)
        library = made.read_bytes() if made.exists() else b""
    if not _for_this_machine(library):
        raise CannotCompile(f"{compiler.name}: what it makes is not for this machine")
    return library


def _for_this_machine(library: bytes) -> bool:
    """Whether its header names the class, byte order and machine of this Python (elf(5)).

    It is not loaded to see: no program may be mapped from a temporary folder that is mounted noexec.
    """
    itself = Path("/proc/self/exe")
    with (itself if itself.exists() else Path(sys.executable)).open("rb") as file:
        own = file.read(20)
    return library[:6] == own[:6] and library[18:20] == own[18:20]


def _run(compiler: Compiler, work: Path, *options: str) -> None:
    source = f'-DKERNEL_SOURCE="{artifact.digest(PLACE)}"'
    output = ("-o", str(work / artifact.LIBRARY), str(PLACE / "kernel.c"))
    caches = {name: str(work / "zig") for name in ("ZIG_LOCAL_CACHE_DIR", "ZIG_GLOBAL_CACHE_DIR")}
    try:
        done = subprocess.run(  # noqa: S603 -- the compiler that the user has, on our sources
            [*compiler.command, *FLAGS, *options, source, *output],
            env={**os.environ, **caches, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotCompile(f"{compiler.name}: {error}") from error
    if done.returncode:
        raise CannotCompile(f"{compiler.name}: {_complaint(done.stderr)}")


def _complaint(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()] or ["it failed without a word"]
    return next((line for line in lines if "error" in line.lower()), lines[-1])[:200]


def _wish() -> str:
    try:
        wish: str = artifact.wish(os.environ)
    except ValueError as error:
        raise SystemExit(f"csvapi: {error}") from error
    return wish
