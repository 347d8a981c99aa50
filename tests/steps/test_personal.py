"""Kinds of personal data: by form and check digits, with counts, and not where numbers only happen to have them."""

from __future__ import annotations

import json
from collections import Counter
from random import Random

import pytest
from stdnum import luhn

from csvapi.steps.personal import KINDS, personal
from csvapi.steps.shapes import Shaped

# Each kind as its authority, or the library, shows it; none is of a person.
EXAMPLES = {
    "email": ["ann@example.com", "bo.cy@example.co.uk"],
    "phone": ["+49 30 901820", "+44 (0)20 7946 0018", "(202) 555-0143", "030/901820"],
    "iban": ["DE89 3704 0044 0532 0130 00", "GB29NWBK60161331926819"],
    "card": ["4111 1111 1111 1111", "5500000000000004", "3400-0000-0000-009"],
    "at.vnr": ["1237 010180"] * 3,
    "be.nn": ["85.07.30-033.28"] * 3,
    "br.cpf": ["390.533.447-05", "111.444.777-35"],
    "ch.ssn": ["756.9217.0769.85"] * 3,
    "cn.ric": ["360426199101010071"] * 3,
    "cz.rc": ["710319/2745"] * 3,
    "de.idnr": ["36 574 261 809"] * 3,
    "dk.cpr": ["211062-5629"] * 3,
    "es.dni": ["54362315K", "54362315-K"],
    "es.nie": ["X-2482300-W", "X2482300W"],
    "fi.hetu": ["131052-308T"],
    "fr.nir": ["2 95 10 99 126 111 93", "295109912611193"],
    "gb.nhs": ["943 476 5870", "9434765870", "943-476-5870"],
    "in_.aadhaar": ["2341 2341 2346", "234123412346", "2341-2341-2346"],
    "it.codicefiscale": ["RCCMNL83S18D969H"],
    "mx.curp": ["BOXW310820HNERXN09"],
    "nl.bsn": ["111222333", "941331490"],
    "no.fodselsnummer": ["151086 95088", "15108695088"],
    "pl.pesel": ["44051401359", "02070803628"],
    "ro.cnp": ["1630615123457"],
    "se.personnummer": ["880320-0016", "19880320-0016"],
    "tr.tckimlik": ["17291716060"],
    "us.ssn": ["536-90-4399", "219-09-9998", "001-01-0001"],
    "za.idnr": ["7503305044089"],
}


def test_every_kind_has_an_example() -> None:
    assert EXAMPLES.keys() == KINDS.keys()


@pytest.mark.parametrize("kind", KINDS)
def test_an_example_is_of_its_kind(kind: str) -> None:
    for text in EXAMPLES[kind]:
        assert KINDS[kind].form.fullmatch(text), text
        assert KINDS[kind].has(text), text


def test_a_column_of_a_kind_is_named_with_counts_and_without_values() -> None:
    cards = [base + luhn.calc_check_digit(base) for base in (f"4{number:014}" for number in range(50))]
    for texts, kind, count in (
        (["ann@example.com", "x", "x"], "email", 1),
        (["DE89 3704 0044 0532 0130 00", "x"], "iban", 1),
        (["+49 30 901820", "(202) 555-0143", "unknown"], "phone", 2),
        ([*cards, "lost"], "card", 50),
        (["536-90-4399", "219-09-9998", "001-01-0001"], "us.ssn", 3),
    ):
        found = personal(Shaped(Counter(texts)))
        assert found == [{"kind": kind, "count": count, "of": len(texts)}]
        assert not any(text in json.dumps(found) for text in texts if len(text) > 3)


@pytest.mark.parametrize(
    "texts",
    [
        ["2024-01-31", "31.01.2024", "12:30", "1,234.50", "5%", "007"],
        ["192.168.100.200", "10.0.0.1", "2001:db8::1", "00:1A:2B:3C:4D:5E"],
        ["a @ b", "@ann", "ann@", "12345678", "A-1234567", "v1.2.3"],
        ["4111 1111 1111 1111", "4111 1111 1111 1112", "4111 1111 1111 1113", "4111 1111 1111 1114"],
        ["+49 30 901820", "x", "y"],  # less than half
        ["DE88 3704 0044 0532 0130 00"],
        [],
    ],
)
def test_others_are_of_no_kind(texts: list[str]) -> None:
    assert personal(Shaped(Counter(texts))) == []


@pytest.mark.parametrize("digits", [9, 10, 11, 12, 13, 15, 16, 18])
def test_numbers_that_happen_to_have_check_digits_are_not_named(digits: int) -> None:
    random = Random(digits)
    texts = [f"{random.randrange(10 ** (digits - 1), 10**digits)}" for _ in range(3000)]
    assert personal(Shaped(Counter(texts))) == []


def test_of_many_values_some_are_checked() -> None:
    cards = [base + luhn.calc_check_digit(base) for base in (f"5{number:014}" for number in range(5000))]
    (found,) = personal(Shaped(Counter([*cards, *["none"] * 10])))
    assert found == {"kind": "card", "count": 256, "of": 266}
    assert personal(Shaped(Counter(reversed([*cards, *["none"] * 10])))) == [found]
