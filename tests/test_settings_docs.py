"""docs/settings.md names every setting, with its default and its meaning."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from csvapi.config import Settings
from csvapi.native.artifact import VARIABLE
from csvapi.setting_forms import GIB, KIB, MIB, TIB

SIZES = ((TIB, "TiB"), (GIB, "GiB"), (MIB, "MiB"), (KIB, "KiB"), (1, ""))
UNITS = ((86400, "d"), (3600, "h"), (60, "m"), (1, "s"))
PAGE = Path(__file__).parents[1] / "docs" / "settings.md"


def test_every_setting_is_on_the_page_and_nothing_else() -> None:
    page = [line for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    settings = page[: len(fields(Settings))]
    assert sorted(settings) == sorted(expected()), "the table should have:\n" + "\n".join(expected())


def test_what_decides_about_the_kernel_is_on_the_page() -> None:
    (line,) = [line for line in PAGE.read_text().splitlines() if line.startswith(f"| `{VARIABLE}` |")]
    assert all(f"`{value}`" in line for value in ("off", "cc", "zig"))


def expected() -> list[str]:
    return [
        f"| `{item.metadata['env']}` | {default(item.default, item.metadata['read'])} | {item.metadata['meaning']} |"
        for item in fields(Settings)
    ]


def default(value: object, read: str) -> str:
    match read, value:
        case "switch", _:
            return "`on`" if value else "`off`"
        case "bytes", int(size):
            unit, name = next(pair for pair in SIZES if size % pair[0] == 0 and (size or pair[1] == "GiB"))
            return f"`{size // unit}{name}`"
        case "seconds", int(seconds):
            unit, name = next(pair for pair in UNITS if seconds % pair[0] == 0)
            return f"`{seconds // unit}{name}`"
        case _:
            return f"`{value}`" if value != "" else "–"
