"""Dirt among the records: repeated headers, broken quotes, ragged records, blank lines."""

from __future__ import annotations

import csv
from dataclasses import replace

from benchmarks.detection.above import remark
from benchmarks.detection.dirt import dirt, listed
from benchmarks.detection.draft import Draft
from benchmarks.detection.shape import Needs


@dirt("repeated header", "inside", Needs(header=True, columns=2, records=4, typed=1))
def repeated(draft: Draft) -> None:
    every = draft.r.choice([3, 5, 10])
    for index in reversed(range(every, len(draft.rows), every)):
        draft.rows.insert(index, list(draft.names))


@dirt("header twice", "inside", Needs(header=True, columns=2, records=4, typed=1))
def twice(draft: Draft) -> None:
    draft.rows.insert(0, list(draft.names))


@dirt("exports joined, with BOM and header", "inside", Needs(header=True, columns=2, records=3, typed=1))
def joined(draft: Draft) -> bool:
    if draft.aligned:
        return False
    index = len(draft.rows)
    again = draft.r.choices(draft.rows, k=draft.r.randrange(1, 9))
    draft.rows += [list(draft.names), *map(list, again)]
    draft.before[index] = "\ufeff"
    draft.encoding = "utf-8-sig"
    return True


@dirt("ragged records", "inside", Needs(columns=3, records=5, typed=1))
def ragged(draft: Draft) -> bool:
    if draft.aligned:
        return False
    longer = draft.r.random() < 0.4
    for index in draft.some(20):
        row = draft.rows[index]
        draft.rows[index] = [*row, "x"] if longer else row[: draft.r.randrange(2, draft.width)]
    return True


@dirt("blank lines among the records", "inside", Needs(columns=2, records=4))
def blanks(draft: Draft) -> None:
    for index in draft.some(10):
        draft.before[index] = draft.style.line_end * draft.r.randrange(1, 3)


@dirt("comments among the records", "inside", Needs(columns=2, records=4, typed=1))
def comments(draft: Draft) -> bool:
    if draft.style.delimiter == " ":
        return False
    for index in reversed(draft.some(4)):
        text = "# " + remark(draft)
        draft.rows.insert(index, [text])
        draft.raw = {at + (at >= index): raw for at, raw in draft.raw.items()} | {index: text}
    return True


@dirt("delimiter at the end of each line", "inside", Needs(columns=2, records=3, typed=1))
def trailing(draft: Draft) -> bool:
    if draft.style.delimiter == " ":
        return False
    if draft.names:
        draft.names.append("")
    for row in draft.rows:
        row.append("")
    return True


@dirt("; at the end of values", "inside", Needs(columns=2, records=3, typed=1))
def semicolons(draft: Draft) -> bool:
    if draft.style.delimiter == ";" or draft.aligned:
        return False
    for row in draft.rows:
        row[-1] += ";"
    return True


@dirt("'' as an empty cell", "inside", Needs(columns=2, records=4, typed=1))
def apostrophes(draft: Draft) -> bool:
    if draft.style.quote == "'":
        return False
    index = draft.r.choice(draft.typed())
    for row in draft.rows[draft.r.randrange(2) :: draft.r.choice([1, 2, 3])]:
        if index < len(row):
            row[index] = "''"
    return True


@dirt("mixed line ends", "inside", Needs(columns=2, records=5))
def mixed(draft: Draft) -> None:
    draft.style = replace(draft.style, line_end="\n")
    draft.mixed = True


def _stray(draft: Draft, form: str, *, opening: bool) -> bool:
    """Write one field of a few records in a broken form; a person reads what stands there, as far as its line."""
    style = draft.style
    if style.escape or style.delimiter == " " or style.quoting == "none" or style.spaced:
        return False
    index, done = draft.r.randrange(draft.width), False
    for at in draft.some(6):
        row = list(draft.rows[at])
        if index >= len(row):
            continue
        words = remark(draft).split(" ")
        row[index] = form.format(words[0], " ".join(words[1:]) or "x", q=style.quote)
        parts = [draft.line([cell]) if number != index else row[index] for number, cell in enumerate(row)]
        text = style.delimiter.join(parts)
        if _ends_with_its_line(text, draft):
            draft.raw[at], done = text, True
            draft.rows[at] = (
                row
                if opening
                else [*row[:index], row[index].removeprefix(style.quote).removesuffix(style.quote), *row[index + 1 :]]
            )
    return done


def _ends_with_its_line(text: str, draft: Draft) -> bool:
    """Whether a reader that opens and closes quotes plainly ends the record with the line: what runs on stays one."""
    lines = [text + "\n", draft.style.delimiter.join(["1"] * draft.width) + "\n"]
    return (
        "\n" not in text
        and len(list(csv.reader(lines, delimiter=draft.style.delimiter, quotechar=draft.style.quote))) == 2
    )


_RECORDS = Needs(columns=3, records=6, typed=1)


@dirt("text after a closing quote", "inside", _RECORDS)
def after(draft: Draft) -> bool:
    return _stray(draft, "{q}{0}{q} {1}", opening=True)


@dirt("quotes inside of quotes", "inside", _RECORDS)
def nested(draft: Draft) -> bool:
    return _stray(draft, "{q}{1} {q}{0}{q} {1}{q}", opening=False)


@dirt("opening quote without end", "inside", _RECORDS)
def unclosed(draft: Draft) -> bool:
    return _stray(draft, "{q}{0}", opening=True)


@dirt("quote inside a field without quotes", "inside", _RECORDS)
def bare(draft: Draft) -> bool:
    return _stray(draft, "{0}{q} {1}", opening=True)


@dirt("totals", "end", Needs(columns=3, records=4, typed=1))
def totals(draft: Draft) -> bool:
    if draft.aligned:
        return False
    values = [
        str(draft.r.randrange(10_000)) if column.typed and draft.r.random() < 0.7 else "" for column in draft.columns
    ]
    draft.rows.append([draft.locale.language.total, *values[1:]])
    return True


@dirt("footer", "end", Needs(columns=2, records=4, typed=1))
def footer(draft: Draft) -> bool:
    texts = [remark(draft), f"({len(draft.rows)} rows affected)", "-- end --", f"Rows {len(draft.rows)}"]
    texts = [text for text in texts if draft.style.delimiter not in text]
    if draft.style.delimiter == " " or not texts:
        return False
    if draft.r.random() < 0.5:
        draft.before[len(draft.rows)] = draft.style.line_end
    text = draft.r.choice(texts)
    draft.raw[len(draft.rows)] = text
    draft.rows.append([text])
    return True


@dirt("blank records at the end", "end", Needs(columns=2, records=3, typed=1))
def blank_records(draft: Draft) -> bool:
    if draft.style.delimiter == " " or draft.style.quoting == "all":
        return False
    count = draft.r.choice([1, 2, 5, 30])
    for _ in range(count):
        draft.raw[len(draft.rows)] = draft.style.delimiter * (len(draft.rows[0]) - 1)
        draft.rows.append([""] * len(draft.rows[0]))
    return True


@dirt("Ctrl-Z at the end", "end")
def ctrl_z(draft: Draft) -> None:
    draft.tail = "\x1a"
    draft.open_end = draft.r.random() < 0.3


@dirt("NULs at the end", "end")
def nuls(draft: Draft) -> None:
    draft.tail = "\0" * draft.r.choice([1, 16, 500, 4096])
    draft.open_end = draft.r.random() < 0.3


@dirt("blank lines at the end", "end", Needs(columns=2))
def blank_end(draft: Draft) -> None:
    draft.tail = draft.style.line_end * draft.r.randrange(1, 6)


@dirt("double BOM", "start")
def double_bom(draft: Draft) -> bool:
    if draft.aligned:
        return False
    draft.encoding, draft.double_bom = "utf-8-sig", True
    return True


KINDS = listed(globals())
