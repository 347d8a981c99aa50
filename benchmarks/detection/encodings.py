"""How often the encoding is found: tables in many languages, written in every page that can hold them.

A file is right when it decodes to the text it was made from, whatever the page is called: for many files several pages
give the same text. A page is tried with a language when it has all its letters; the double-byte pages of East Asia,
which hold most of the world's letters, are tried with the languages of East Asia alone, and the Unicode forms (without
byte order mark) with all. The tables are drawn with a fixed seed: `python -m benchmarks.detection.encodings`.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.detection.languages import LANGUAGES, Language
from csvapi.csvio.detection.encoding import decode
from csvapi.csvio.detection.pages import PAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = 64 * 1024
SEED = 20261128
SIZES = {"whole": 300, "six": 6, "one": 1}
"""The records of a file, by the name of its size."""
_FILES = {"whole": 3, "six": 8, "one": 20}
GOALS = {"whole": 0.98, "six": 0.97, "one": 0.93}
UNICODE = ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
DOUBLE = ("cp932", "euc_jp", "cp949", "johab", "gb18030", "big5")
_EAST = ("Japanese", "Chinese", "Taiwanese", "Korean")
_HONEST = 0.75
"""A wrong answer is one that says less than this."""


@dataclass(frozen=True, slots=True)
class Case:
    """A file whose text is known: `content` is `text` in `page`."""

    language: str
    page: str
    size: str
    text: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    case: Case
    encoding: str
    confidence: float
    right: bool


def pairs() -> list[tuple[Language, str]]:
    """Every language with every page that can hold it."""
    single = [codec for codec, *_ in PAGES]
    return [
        (language, page)
        for language in LANGUAGES
        for page in (*single, *DOUBLE, *UNICODE)
        if (page not in DOUBLE or language.name in _EAST) and _holds(page, language.text)
    ]


def cases(files: dict[str, int] = _FILES, seed: int = SEED) -> Iterator[Case]:
    """`files` of each size for every pair, the same ones for the same seed."""
    for language, page in pairs():
        for size, count in files.items():
            for number in range(count):
                text = table(language, SIZES[size], random.Random(f"{seed} {language.name} {page} {size} {number}"))
                yield Case(language.name, page, size, text, text.encode(page))


def table(language: Language, records: int, draw: random.Random) -> str:
    """A table with at least one letter that is not ASCII; its heads are the language's own, or plain ones."""
    delimiter = draw.choice(",;\t;")
    line_end = draw.choice(("\r\n", "\n"))
    columns = [0, *sorted(draw.sample(range(1, 6), draw.randint(2, 5))), *draw.sample((6, 7), draw.randint(0, 2))]
    plain = ("id", "name", "city", "address", "product", "remark", "price", "date")
    heads = draw.choice((language.heads, plain))
    while True:
        rows = [[heads[column] for column in columns]]
        rows += [[_cell(language, column, number, draw) for column in columns] for number in range(1, records + 1)]
        text = "".join(delimiter.join(_quoted(cell, delimiter) for cell in row) + line_end for row in rows)
        if not text.isascii():
            return text


def _cell(language: Language, column: int, number: int, draw: random.Random) -> str:
    if column == 0:
        return str(number)
    if column == 6:
        return draw.choice((f"{draw.randint(1, 999)}.{draw.randint(0, 99):02}", f"{draw.randint(1, 99)},50"))
    if column == 7:
        return f"{draw.randint(1, 28):02}.{draw.randint(1, 12):02}.{draw.randint(1990, 2026)}"
    words = (language.people, language.cities, language.streets, language.products, language.remarks)[column - 1]
    return draw.choice(words)


def _quoted(cell: str, delimiter: str) -> str:
    return f'"{cell}"' if delimiter in cell else cell


def _holds(page: str, text: str) -> bool:
    try:
        return text.encode(page).decode(page) == text
    except UnicodeEncodeError:
        return False


def answer(case: Case) -> Answer:
    """What detection finds in the file's head and tail."""
    head, tail = case.content[:HEAD], case.content[HEAD:][-HEAD:]
    found = decode(head, tail)
    right = case.content.decode(found.encoding, "replace") == case.text
    return Answer(case, found.encoding, found.confidence, right)


def report(files: dict[str, int] = _FILES) -> list[str]:
    """The lines of two tables: the share of right files by page and by size, and the confidence of wrong answers."""
    answers = [answer(case) for case in cases(files)]
    by_page: dict[str, list[Answer]] = defaultdict(list)
    for each in answers:
        by_page[each.case.page].append(each)
    lines = ["| Page | Files | " + " | ".join(files) + " |", "| :- | -: |" + " -: |" * len(files)]
    lines += [_row(page, found, files) for page, found in by_page.items()]
    lines.append(_row("**all but Unicode**", [each for each in answers if each.case.page not in UNICODE], files))
    lines.append(_row("**all**", answers, files))
    lines.append("| goal | |" + "".join(f" {100 * GOALS[size]:.0f} % |" for size in files))
    return [*lines, "", *_calibration(answers)]


def share(answers: list[Answer]) -> float:
    """The share of right answers, 1 for none."""
    return sum(each.right for each in answers) / len(answers) if answers else 1.0


def _row(name: str, answers: list[Answer], files: dict[str, int]) -> str:
    shares = (share([each for each in answers if each.case.size == size]) for size in files)
    return f"| {name} | {len(answers)} |" + "".join(f" {100 * each:.1f} % |" for each in shares)


def _calibration(answers: list[Answer]) -> list[str]:
    lines = ["| Confidence | Files | right |", "| :- | -: | -: |"]
    for low, high in ((0.0, 0.5), (0.5, 0.65), (0.65, _HONEST), (_HONEST, 0.85), (0.85, 1.01)):
        within = [each for each in answers if low <= each.confidence < high]
        lines.append(f"| {low:.2f} to {min(high, 1):.2f} | {len(within)} | {100 * share(within):.1f} % |")
    wrong = [each for each in answers if not each.right]
    sure = sum(each.confidence >= _HONEST for each in wrong)
    return [
        *lines,
        "",
        f"{len(wrong)} of {len(answers)} files wrong, {sure} of them with a confidence of {_HONEST} or more",
    ]


if __name__ == "__main__":
    print("\n".join(report()))
