"""similar finds every group that OpenRefine's key collision methods find, as its manual describes them.

"Clustering in depth", fingerprint: remove leading and trailing whitespace, change all characters to lower case, remove
all punctuation and control characters, normalise extended western characters to ASCII, split into tokens at whitespace,
sort them, remove duplicates, join them. N-gram fingerprint: lower case, remove all punctuation, whitespace and control
characters, obtain all n-grams, sort them, remove duplicates, join them, normalise extended western characters.
"""

from __future__ import annotations

import string
import unicodedata
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engines.running import reused
from tests.operations.tables import PARALLEL, csv_text, table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PUNCTUATION = {*string.punctuation, *"«»“”„’…–—¡¿§¶·"}
OTHERS = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ĸ": "k", "ŧ": "t", "ŋ": "n", "ſ": "s"}
MESSY = [
    "Tom Cruise", "cruise, tom", " Cruise  Tom. ", "TOM CRUISE TOM", "Gödel, Kurt", "Kurt Godel", "KURT GÖDEL",
    "Straße", "Łódź", "Lodz", "lódz", "Øre", "ore", "Đorđe", "Dorde", "AT&T", "AT+T", "ATT", "A.T.T.", "$100", "100",
    "10^0", "C++", "C", "c|", "Tab\tKey", "key tab", "Bell\x07Boy", "bellboy", "Müller-Lüdenscheidt",
    "mullerludenscheidt", "Soft\u00adhyphen", "Dvořák", "Dvorak", "Ångström", "angstrom", "Crème brûlée",
    "brulee creme", "O'Brien", "OBrien", "o`brien", "foo_bar", "foobar", "Paris", "PARIS!", "paris", "Pariss",
    "«Paris»",
    "New\u00a0York", "new york", "", " ", "?", "Ħamrun", "hamrun", "x\x00y", "xy", "ſea", "sea",
]  # fmt: skip
texts = st.lists(
    st.one_of(st.sampled_from(MESSY), st.text(alphabet="aAbBéÉöøŁłđ ,.-+$^|`'\t\x00\x07ñß", max_size=6)), max_size=24
)


def cleaned(text: str) -> str:
    lower = text.strip().lower()
    return "".join(
        each for each in lower if each not in PUNCTUATION and (each.isspace() or unicodedata.category(each) != "Cc")
    )


def ascii_of(text: str) -> str:
    """Letters of Latin-1 and Latin Extended-A, each as the letter of ASCII that it is made of."""
    return "".join(OTHERS.get(each, unicodedata.normalize("NFD", each)[0]) for each in text)


def fingerprint(text: str) -> str:
    return " ".join(sorted(set(ascii_of(cleaned(text)).split())))


def ngrams(text: str, size: int) -> str:
    joined = "".join(cleaned(text).split())
    return ascii_of("".join(sorted({joined[at : at + size] for at in range(len(joined) - size + 1)})))


WAYS: dict[str, tuple[dict[str, Any], Callable[[str], str]]] = {
    "fingerprint": ({}, fingerprint),
    "unigram": ({"method": "ngram", "size": 1}, lambda text: ngrams(text, 1)),
    "bigram": ({"method": "ngram"}, lambda text: ngrams(text, 2)),
    "trigram": ({"method": "ngram", "size": 3}, lambda text: ngrams(text, 3)),
}


def groups(values: list[str], key: Callable[[str], str]) -> list[list[int]]:
    found = defaultdict(list)
    for row, value in enumerate(values):
        if key(value):
            found[key(value)].append(row)
    return [rows for rows in found.values() if len(rows) > 1]


def assert_all_found(folder: Path, values: list[str], way: str, options: dict[str, Any]) -> list[list[int]]:
    step, key = WAYS[way]
    text = csv_text([("id", "text"), *((str(number), value) for number, value in enumerate(values))])
    found, _ = table(folder, text, [{"op": "similar", "columns": ["text"], **step}], **options)
    theirs = groups(values, key)
    for rows in theirs:
        assert len({found.rows[row][2] for row in rows}) == 1, [values[row] for row in rows]
        assert found.rows[rows[0]][2], [values[row] for row in rows]
    return theirs


@pytest.mark.parametrize("way", WAYS)
def test_a_messy_list_has_all_their_groups(tmp_path: Path, way: str) -> None:
    theirs = assert_all_found(tmp_path, MESSY, way, {})
    together = {tuple(MESSY[row] for row in rows) for rows in theirs}
    assert (("Łódź", "Lodz", "lódz") in together) == (
        way == "fingerprint"
    )  # n-grams are in order before letters change
    assert ("AT&T", "AT+T", "ATT", "A.T.T.") in together
    assert any({"Bell\x07Boy", "bellboy"} <= set(each) for each in together)


@pytest.mark.parametrize("options", [{}, {"native": False}, PARALLEL])
@pytest.mark.parametrize("way", WAYS)
@settings(reused, max_examples=20)
@given(values=texts)
def test_all_their_groups_are_found(tmp_path: Path, way: str, options: dict[str, Any], values: list[str]) -> None:
    assert_all_found(tmp_path, values, way, options)
