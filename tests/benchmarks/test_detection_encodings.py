"""The table of encodings counts what it says, and its files are what they claim to be."""

from __future__ import annotations

import unicodedata

from benchmarks.detection.encodings import GOALS, Case, answer, cases, pairs, report
from benchmarks.detection.languages import LANGUAGES


def test_every_language_has_all_columns_in_composed_form() -> None:
    assert len(LANGUAGES) >= 12
    for language in LANGUAGES:
        assert len(language.heads) == 8
        assert unicodedata.is_normalized("NFC", language.text)


def test_every_file_is_its_text_in_its_page_and_the_same_each_time() -> None:
    files = {"six": 1, "one": 1}
    drawn = list(cases(files))
    assert drawn == list(cases(files))
    assert len(drawn) == len(pairs()) * 2
    assert all(case.content.decode(case.page) == case.text and not case.text.isascii() for case in drawn)


def test_right_is_the_same_text_whatever_the_page_is_called() -> None:
    text = "id;name\n1;Müller\n2;Größe\n"
    assert answer(Case("German", "cp1254", "one", text, text.encode("cp1254"))).right
    assert not answer(Case("German", "cp1254", "one", text, text.encode("utf-8") + b"\xff")).right


def test_the_report_has_a_row_for_each_page() -> None:
    lines = report({"one": 1})
    assert {page for _, page in pairs()} <= {line.split("|")[1].strip() for line in lines if line.startswith("|")}
    assert f"| goal | | {100 * GOALS['one']:.0f} % |" in lines
