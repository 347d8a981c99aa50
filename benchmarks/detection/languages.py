"""Words of everyday tables in many languages: column heads, people, places, goods and remarks, written for this use.

`languages.txt` has a block for each language: its name, then one line for each column with its words between bars. Each
language has the same columns, so that a table of it is a seeded combination of cells. All words are in composed form
(Unicode normalisation form C), with the letters that the older code pages have (Romanian with cedillas).
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from pathlib import Path

_FILE = Path(__file__).with_name("languages.txt")


@dataclass(frozen=True, slots=True)
class Language:
    """`heads` names the columns: number, person, city, address, product, remark, price, date."""

    name: str
    heads: tuple[str, ...]
    people: tuple[str, ...]
    cities: tuple[str, ...]
    streets: tuple[str, ...]
    products: tuple[str, ...]
    remarks: tuple[str, ...]

    @property
    def text(self) -> str:
        """All its words, for asking whether a code page has their letters."""
        return "".join("".join(column) for column in astuple(self)[1:])


def _language(block: str) -> Language:
    name, *columns = block.splitlines()
    return Language(name, *(tuple(column.split("|")) for column in columns))


LANGUAGES = tuple(_language(block) for block in _FILE.read_text("utf-8").split("\n\n"))
