"""Random files: every dialect, encoding and accident that the engine must not damage."""

from __future__ import annotations

from hypothesis import strategies as st

from csvapi.csvio.dialect import Dialect

ENCODINGS = ("utf-8", "latin-1", "cp1252", "utf-16-le", "utf-16-be", "utf-32-le", "shift_jis", "cp037")

_any_dialects = st.builds(
    Dialect,
    delimiter=st.sampled_from(",;\t|"),
    quote=st.sampled_from(['"', '"', '"', "'", ""]),
    escape=st.sampled_from(["", "", "", "\\"]),
    double_quote=st.sampled_from([True, True, True, False]),
    skip_space=st.sampled_from([False, False, False, True]),
    header=st.booleans(),
    encoding=st.sampled_from(ENCODINGS),
    bom=st.just(value=False),
    comment=st.sampled_from(["", "", "#", "a"]),
)

_usual_dialects = st.builds(
    Dialect,
    delimiter=st.sampled_from(",;\t"),
    header=st.booleans(),
    encoding=st.sampled_from(["utf-8", "latin-1", "cp1252"]),
    comment=st.sampled_from(["", "", "", "#"]),
)
dialects = st.integers(1, 3).flatmap(
    lambda third: _any_dialects if third == 3 else _usual_dialects
)  # as the kernel knows

_BITS = ["a", "b", "A", "1", "07", "", " ", ",", ";", "|", "\t", '"', '""', "'", "\\", "\n", "\r\n", "\r", "x", "#"]


def any_text(dialect: Dialect) -> st.SearchStrategy[str]:
    """Text of the characters that matter, put together without any regard for what makes sense."""
    bits = [*_BITS, dialect.delimiter, dialect.delimiter, "\n", "\n", "\0"]
    if dialect.encoding.startswith(("utf", "latin", "cp1252")):
        bits += ["é", "ß"]
    return st.lists(st.sampled_from(bits), max_size=60).map("".join)


def written(dialect: Dialect) -> st.SearchStrategy[str]:
    """Text as programs write it: rectangular or nearly, all, some or no fields quoted."""
    quote, delimiter = dialect.quote or '"', dialect.delimiter
    cells = st.sampled_from(
        ["a", "b", "1", "", "é" if dialect.encoding.startswith("utf") else "e", "a b", delimiter, "\n", quote * 2]
    )
    rows = st.lists(st.lists(cells, min_size=2, max_size=2), max_size=20).map(lambda rows: rows * 5)
    rare = st.lists(st.lists(cells, min_size=1, max_size=3), max_size=1)

    def text(parts: tuple[list[list[str]], list[list[str]], str, str, bool]) -> str:
        good, odd, quoting, line_end, ended = parts
        lines = [
            delimiter.join(_quoted(cell, quoting, quote, delimiter) for cell in row)
            for row in [["h", "i"], *good, *odd]
        ]
        if odd and dialect.comment:
            lines.insert(len(lines) // 2, f"{dialect.comment}{quote}{delimiter}")
        return line_end.join(lines) + (line_end if ended else "")

    ends = st.sampled_from([*["\n"] * 4, "\r\n", "\r\n", "\r"])
    return st.tuples(rows, rare, st.sampled_from(["all", "minimal", "text"]), ends, st.booleans()).map(text)


def _quoted(cell: str, quoting: str, quote: str, delimiter: str) -> str:
    needed = any(special in cell for special in (delimiter, quote, "\n"))
    if quoting == "all" or needed or (quoting == "text" and not cell.isdigit()):
        return quote + cell + quote
    return cell


def texts(dialect: Dialect) -> st.SearchStrategy[str]:
    """Most are as programs write them, or the kernel would have little to read in them."""
    return st.integers(1, 3).flatmap(lambda third: any_text(dialect) if third == 3 else written(dialect))
