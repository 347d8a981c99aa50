"""Small files as people meet them, each with the reading a person gives it (`detection_files/*.txt`).

A file begins with `==`, its delimiter and its name. Each of its lines begins with what it is: `P` preamble, `H` the
header, `R` a record.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from csvapi.csvio.detection import detect

_FOLDER = Path(__file__).parent / "detection_files"


@dataclass(frozen=True)
class File:
    name: str
    delimiter: str
    quote: str
    lines: list[tuple[str, str]]

    @property
    def content(self) -> bytes:
        return "".join(f"{line}\n" for _, line in self.lines).encode()

    @property
    def preamble(self) -> list[str]:
        return [line for kind, line in self.lines if kind == "P"]

    @property
    def header(self) -> bool:
        return any(kind == "H" for kind, _ in self.lines)


def files(source: str, quote: str = '"') -> list[File]:
    found: list[File] = []
    for line in (_FOLDER / source).read_text(encoding="utf-8").split("\n"):
        if line.startswith("== "):
            found.append(File(line[5:], line[3], quote, []))
        elif line:
            found[-1].lines.append((line[0], line[2:]))
    return found


PREAMBLES = files("preambles.txt")


@pytest.mark.parametrize("file", PREAMBLES, ids=lambda file: file.name)
def test_header_and_preamble(file: File) -> None:
    got = detect(file.content, complete=True)
    assert got.dialect.delimiter == file.delimiter
    assert [line["text"] for line in got.as_json()["preamble"]] == file.preamble
    assert got.dialect.header == file.header
    counted = [(issue.count, issue.line, issue.byte) for issue in got.issues if issue.kind == "preamble"]
    assert counted == ([(len(file.preamble), 1, 0)] if file.preamble else [])


@pytest.mark.parametrize("file", PREAMBLES, ids=lambda file: file.name)
def test_what_is_preamble_is_left_out_of_no_file_without_it(file: File) -> None:
    """The table alone is read as it was below its preamble."""
    whole = detect(file.content, complete=True)
    rest = detect(file.content[whole.dialect.preamble :], complete=True)
    assert rest.dialect.preamble == 0
    assert rest.columns == whole.columns


OTHER_QUOTES = {"values of SQL": "'"}
DELIMITERS = files("delimiters.txt")


@pytest.mark.parametrize("file", DELIMITERS, ids=lambda file: file.name)
def test_delimiter_and_quote(file: File) -> None:
    got = detect(file.content, complete=True).dialect
    assert (got.delimiter, got.quote) == (file.delimiter, OTHER_QUOTES.get(file.name, '"'))
    assert got.header == file.header
    assert got.preamble == len("".join(f"{line}\n" for line in file.preamble).encode())
