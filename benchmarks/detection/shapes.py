"""The kinds of clean tables, each with a style it could have."""

from __future__ import annotations

import random
from dataclasses import replace

from benchmarks.detection import texts, typed
from benchmarks.detection.columns import Column, Locale
from benchmarks.detection.draft import Draft
from benchmarks.detection.shape import ROWS, Shape, change
from benchmarks.detection.texts import TEXT
from benchmarks.detection.typed import TYPED
from benchmarks.detection.writer import Style


def _apostrophes(r: random.Random, style: Style) -> Style:
    return replace(style, quote="'", quoting=r.choice(["all", "text", "all"]))


def _escapes(r: random.Random, style: Style) -> Style:
    return replace(style, escape="\\", quoting=r.choice(["all", "text", "minimal"]))


def _quote_some(draft: Draft) -> None:
    """A few texts get quotes inside, that there is something to escape or to double."""
    wordy = [index for index, column in enumerate(draft.columns) if not column.typed]
    for row in draft.rows[::2]:
        for index in wordy:
            words = row[index].replace('"', "").split(" ")
            words[-1] = f"{draft.style.quote}{words[-1]}{draft.style.quote}" if words[-1] else words[-1]
            row[index] = " ".join(words)


def _no_spaces(draft: Draft) -> None:
    change(draft, lambda cell: "-".join(cell.replace(",", " ").split()) or "-")
    draft.aligned = True
    draft.style = replace(draft.style, quoting="none")


def _years(draft: Draft) -> None:
    first = draft.r.randrange(1990, 2015)
    years = range(first, first + draft.width - 1)
    draft.columns[:] = [texts.city(draft.r, draft.locale), *(_counts(draft.r, str(year)) for year in years)]
    draft.names[:] = [column.name for column in draft.columns]
    draft.rows[:] = [[column.cell() for column in draft.columns] for _ in draft.rows]


def _two_kinds(draft: Draft) -> None:
    """Records of a short kind and of a long one, as banks and ledgers send them; the first one is short."""
    kinds = [(name, draft.r.randrange(2, draft.width)) for name in ("Client", "HDR")]
    short, width = draft.r.choice(kinds)
    for index, row in enumerate(draft.rows):
        if index % 4 == 0:
            row[:] = [short, *row[1:width]]
        else:
            row[0] = "Account"


def _counts(r: random.Random, name: str) -> Column:
    return Column(name, lambda: str(r.randrange(10_000)), True)


def _trailing_spaces(draft: Draft) -> None:
    size = draft.r.randrange(8, 24)
    for row in draft.rows:
        row[:] = [cell if "\n" in cell else cell.ljust(size) for cell in row]


def _zoned(r: random.Random, locale: Locale) -> Column:
    zone, decimals = r.choice(["+01", "-05:30", "+0200", " +02:00", "+00"]), r.choice([0, 3, 6])

    def cell() -> str:
        fraction = f".{r.randrange(10**decimals):0{decimals}}" if decimals else ""
        clock = f"{r.randrange(24):02}:{r.randrange(60):02}:{r.randrange(60):02}"
        return f"{r.randrange(1995, 2026)}-{r.randrange(1, 13):02}-{r.randrange(1, 29):02} {clock}{fraction}{zone}"

    return Column(r.choice(["col1", "created_at", "seen", "Zeit"]), cell, True)


def _percents(r: random.Random, locale: Locale) -> Column:
    form = r.choice(["{}%%{}%%{}", "{}%20{}%3A{}", "{}%25{}%2F{}"])
    return Column(
        r.choice(["test", "code", "key"]), lambda: form.format(*(r.randrange(10, 5000) for _ in range(3))), True
    )


_PLAIN_TYPED = (typed.number, typed.running, typed.padded, typed.code, typed.day, typed.time, typed.email)
_SINGLE = (
    *TYPED,
    texts.person,
    texts.city,
    texts.text,
    texts.surname,
    texts.path,
    texts.agent,
    texts.lines,
    texts.data,
)
_TEXTS = tuple(maker for maker in TEXT if maker is not texts.prose)

SHAPES = (
    Shape("ordinary", 8),
    Shape("quoted throughout", 1, style=lambda r, style: replace(style, quoting="all")),
    Shape("rare delimiter ^ ~ : \\x01 *", 2, "^^~~::\x01*", (3, 4, 5, 8), typed=2, makers=TYPED + TEXT),
    Shape("aligned with spaces", 1, " ", (3, 4, 6, 8), (5, 8, 20, 60), makers=_PLAIN_TYPED, typed=2, finish=_no_spaces),
    Shape("spaces and quotes", 0.7, " ", (3, 4, 6), (5, 8, 20, 60), makers=TYPED + TEXT, typed=2),
    Shape("apostrophe quotes", 1.5, style=_apostrophes, makers=TYPED + TEXT, records=ROWS[2:]),
    Shape(
        "backslash before quotes",
        1.2,
        style=_escapes,
        makers=TYPED + TEXT,
        always=(texts.text,),
        finish=_quote_some,
        records=ROWS[2:],
    ),
    Shape(
        "backslash before delimiters",
        0.7,
        ",,;|",
        (3, 4, 6, 8),
        ROWS[2:],
        always=(texts.address,),
        makers=TYPED + TEXT,
        style=lambda r, style: replace(style, escape="\\", quoting="none"),
    ),
    Shape("spaces after delimiters", 1.2, ",,;|", style=lambda r, style: replace(style, spaced=True)),
    Shape(
        "quotes are letters", 1, "\t\t|;", style=lambda r, style: replace(style, quoting="none"), always=(texts.inches,)
    ),
    Shape("one column", 2, ",", (1,), makers=_SINGLE, typed=0),
    Shape("no header", 2.5, header=False, typed=2, makers=TYPED + TEXT, columns=(2, 3, 4, 6, 12), records=ROWS[1:]),
    Shape("no header, one column", 0.5, ",", (1,), header=False, makers=TYPED),
    Shape("all text", 1.5, columns=(2, 3, 4, 6), typed=0, makers=_TEXTS),
    Shape("wide", 0.7, columns=(40, 60, 120, 250), records=(3, 8, 20)),
    Shape("one or two records", 1, columns=(3, 4, 5, 8, 12), records=(1, 2), typed=2),
    Shape("long cells of many lines", 1, columns=(2, 3, 4, 6), always=(texts.lines, texts.prose)),
    Shape("lists and JSON in cells", 1.5, columns=(2, 3, 4, 6), always=(texts.listed, texts.data, texts.listed)),
    Shape("decimal commas beside ;", 1.2, ";", comma=True, typed=0, always=(typed.decimal, typed.money, typed.percent)),
    Shape(
        "decimal commas in one column",
        0.4,
        ";",
        (1,),
        typed=1,
        makers=(typed.decimal,),
        comma=True,
        style=lambda r, style: replace(style, quoting=r.choice(["none", "all"]), escape=""),
    ),
    Shape("time zones", 1, typed=0, columns=(1, 2, 3, 4), makers=TYPED + TEXT, always=(_zoned, _zoned)),
    Shape("percent codes", 0.7, typed=0, columns=(1, 2, 3, 4), makers=TYPED + TEXT, always=(_percents, _percents)),
    Shape("years in the header", 0.7, columns=(3, 4, 6, 12), finish=_years),
    Shape(
        "records of two widths",
        0.4,
        ",,;|",
        (4, 5, 8),
        (5, 8, 20),
        header=False,
        typed=3,
        makers=_PLAIN_TYPED,
        finish=_two_kinds,
    ),
    Shape("cells filled with spaces", 0.7, columns=(3, 4, 6), finish=_trailing_spaces, makers=TYPED + TEXT),
)
