"""Which kinds of personal data a column seems to hold: e-mail addresses, telephone numbers, IBANs, card numbers and
national identity numbers. Only kinds and counts; a value is neither kept nor told.

An e-mail address or an IBAN is one by its form and check digits. One of ten random numbers has the check digit of a
card or an identity number, so those are named only where nearly all values have it; telephone numbers have none, and
are named where half of the values look like one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property
from heapq import nsmallest
from importlib import import_module
from typing import TYPE_CHECKING, Any
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Callable

    from csvapi.steps.shapes import Shaped

_TRIED = 256  # values of one kind whose check digits are computed
_FEWEST, _NEARLY_ALL, _HALF = 3, 0.8, 0.5
_LONGEST = 100  # characters; nothing longer is looked at
_ANY = r"@|(?:[0-9][ ()./+-]{0,3}){6}[0-9A-Z]"  # somewhere in what is of a kind
_LIKELY = r"[^@\s]+@[^@\s]+|(?=(?:[^0-9]*[0-9]){7})[+(]?[0-9A-Z][0-9A-Z ()./+-]{7,33}"  # a whole value that may be


@dataclass(frozen=True)
class Kind:
    """`pattern` is for `form`, `check` the module of python-stdnum that has its check digits. It is
    named where at least `share` of the values, and `fewest` different ones, are of the kind."""

    pattern: str
    check: str = ""
    share: float = 0.0
    fewest: int = 1

    @cached_property
    def form(self) -> re.Pattern[str]:
        """What a whole value looks like; an e-mail address as in a schema."""
        if self.pattern:
            return re.compile(self.pattern, re.ASCII)
        from csvapi.steps.text_formats import TEXTS  # to start fast without it

        return TEXTS["email"]

    def has(self, text: str) -> bool:
        """Whether a text of the form is of the kind, by its check digits."""
        if self.check == "luhn":  # others are known as they are written
            text = re.sub("[ -]", "", text)
        return not self.check or _valid(self.check)(text)


def _checked(form: str, check: str) -> Kind:
    return Kind(form, check, _NEARLY_ALL, _FEWEST)


KINDS: dict[str, Kind] = {
    "email": Kind(""),
    "phone": Kind(
        r"(?:\+|00)[1-9](?:[ ./-]?(?:\(\d+\)|\d)){6,13}"  # in the international form, ITU-T E.123 and E.164
        r"|\(0?\d{1,5}\)[ ./-]?\d(?:[ ./-]?\d){4,9}|0\d{1,5}[ /-]\d(?:[ ./-]?\d){4,9}"  # with an area code
        r"|(?:\(\d{3}\) ?|\d{3}[-.])\d{3}[-.]\d{4}",  # of the North American numbering plan
        share=_HALF,
    ),
    "iban": Kind(r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}", "iban"),
    "card": _checked(r"[2-6]\d{3}(?:[ -]?\d){9,15}", "luhn"),
    "at.vnr": _checked(r"\d{4} ?\d{6}", "at.vnr"),
    "be.nn": _checked(r"\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}|\d{11}", "be.nn"),
    "br.cpf": _checked(r"\d{3}\.\d{3}\.\d{3}-\d{2}|\d{11}", "br.cpf"),
    "ch.ssn": _checked(r"756\.?\d{4}\.?\d{4}\.?\d{2}", "ch.ssn"),
    "cn.ric": _checked(r"\d{17}[\dX]", "cn.ric"),
    "cz.rc": _checked(r"\d{6}/\d{4}", "cz.rc"),
    "de.idnr": _checked(r"\d{2} ?\d{3} ?\d{3} ?\d{3}", "de.idnr"),
    "dk.cpr": _checked(r"\d{6}-\d{4}", "dk.cpr"),
    "es.dni": _checked(r"\d{8}-?[A-Z]", "es.dni"),
    "es.nie": _checked(r"[XYZ]-?\d{7}-?[A-Z]", "es.nie"),
    "fi.hetu": _checked(r"\d{6}[-+A-FU-Y]\d{3}[0-9A-Y]", "fi.hetu"),
    "fr.nir": _checked(r"[12] ?\d{2} ?\d{2} ?\d[\dAB] ?\d{3} ?\d{3} ?\d{2}", "fr.nir"),
    "gb.nhs": _checked(r"\d{3}[ -]?\d{3}[ -]?\d{4}", "gb.nhs"),
    "in_.aadhaar": _checked(r"\d{4}[ -]?\d{4}[ -]?\d{4}", "in_.aadhaar"),
    "it.codicefiscale": _checked(r"[A-Z]{6}\d{2}[A-Z]\d{2}[A-Z]\d{3}[A-Z]", "it.codicefiscale"),
    "mx.curp": _checked(r"[A-Z]{4}\d{6}[HM][A-Z]{5}[A-Z0-9]\d", "mx.curp"),
    "nl.bsn": _checked(r"\d{9}", "nl.bsn"),
    "no.fodselsnummer": _checked(r"\d{6} ?\d{5}", "no.fodselsnummer"),
    "pl.pesel": _checked(r"\d{11}", "pl.pesel"),
    "ro.cnp": _checked(r"\d{13}", "ro.cnp"),
    "se.personnummer": _checked(r"(?:\d{2})?\d{6}[-+]\d{4}|\d{12}", "se.personnummer"),
    "tr.tckimlik": _checked(r"\d{11}", "tr.tckimlik"),
    "us.ssn": _checked(r"\d{3}-\d{2}-\d{4}", "us.ssn"),
    "za.idnr": _checked(r"\d{13}", "za.idnr"),
}
"""What is looked for, by the names that are told; national numbers have those that python-stdnum gives them."""


def personal(values: Shaped) -> list[dict[str, Any]]:
    """The kinds that the values seem to be: the `count` of such cells `of` those that were looked at, the most frequent
    kind first."""
    if not re.search(_ANY, "\n".join(values.groups)):
        return []
    fits = re.compile(_LIKELY, re.ASCII).fullmatch
    likely = [shape for shape in values.groups if len(shape) <= _LONGEST and fits(shape)]
    mails = [text for shape in likely if "@" in shape for text in values.groups[shape]]
    others = [text for shape in likely if "@" not in shape for text in values.groups[shape]]
    each = ((name, kind, mails if name == "email" else others) for name, kind in KINDS.items())
    found = [told for name, kind, texts in each if texts and (told := _found(name, kind, texts, values))]
    return sorted(found, key=lambda each: (-each["count"], each["kind"]))


def _found(name: str, kind: Kind, texts: list[str], values: Shaped) -> dict[str, Any] | None:
    like = list(filter(kind.form.fullmatch, texts))
    of = values.total
    if kind.check and len(like) > _TRIED:
        tried = nsmallest(_TRIED, like, key=_spread)
        of, like = of - values.count(like) + values.count(tried), tried
    if not like or values.count(like) < kind.share * of:
        return None
    good = list(filter(kind.has, like))
    count = values.count(good)
    if len(good) < kind.fewest or count < kind.share * of:
        return None
    return {"kind": name, "count": count, "of": of}


def _spread(text: str) -> tuple[int, str]:
    """An order that has nothing to do with that of the values, and is always the same."""
    return crc32(text.encode("utf-8", "replace")), text


@cache
def _valid(module: str) -> Callable[[str], bool]:
    """What checks such a number; loaded only where a column may hold some."""
    valid: Callable[[str], bool] = import_module(f"stdnum.{module}").is_valid
    return valid
