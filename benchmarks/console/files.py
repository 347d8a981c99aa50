"""The files that the console is measured with."""

from __future__ import annotations

from pathlib import Path

WIDE = 30
_AT_ONCE = 100_000


def long_file(folder: Path, rows: int) -> Path:
    """So many records of four columns."""
    path = folder / "long.csv"
    with path.open("w") as file:
        file.write("id,town,amount,day\n")
        for first in range(1, rows + 1, _AT_ONCE):
            last = min(first + _AT_ONCE, rows + 1)
            file.write(
                "".join(f"{n},Town {n % 977},{n % 10007}.5,2026-01-{n % 28 + 1:02d}\n" for n in range(first, last))
            )
    return path


def wide_file(folder: Path) -> Path:
    """2,000 records of `WIDE` columns."""
    path = folder / "wide.csv"
    lines = [",".join(f"column {at}" for at in range(WIDE))]
    lines += [",".join(f"value {n * at % 631}" for at in range(WIDE)) for n in range(2000)]
    path.write_text("\n".join(lines) + "\n")
    return path
