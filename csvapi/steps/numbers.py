"""Which cells are numbers: one grammar for every operation, and formats for numbers that are written differently.

Outer spaces aside (space, tab, U+00A0, U+202F), a number is an optional sign, digits with an optional point before,
among or after them, and an optional exponent: `7`, `-.5`, `5.`, `007`, `1e5`. It has at most 1,000 significant digits
and an exponent within ±400, so that a cell of a few bytes never becomes a number of a million digits. NaN and INF are
no numbers. Numbers are decimals and exact at any length.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, NamedTuple
from unicodedata import category

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

MAX_DIGITS, MAX_EXPONENT = 1_000, 400
SPACES = " \t\u00a0\u202f"
INDIAN = "indian"
MARK = re.compile(r"[^\w+\-%()]")  # what may stand before a fraction or between groups
_EXPONENT = r"(?:[eE](?P<down>[+-]?)0*(?P<exponent>[0-3]?[0-9]{1,2}|400))?"
_PLAIN = re.compile(rf"[{SPACES}]*([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+){_EXPONENT})[{SPACES}]*")
_LEADING_ZERO = re.compile(rf"[{SPACES}]*[+-]?0[0-9]")
_NO_DIGITS = re.compile(r"[^0-9]")
_MONEY = r"(?:[^\w\s()+%-]|[A-Z]{3})"  # a sign, or a code of ISO 4217's form
_PLACES = ("money1", "money2", "money3", "money4")


def number(text: str) -> Decimal | None:
    """The number that a cell holds, exactly; None if it holds none."""
    found = _PLAIN.fullmatch(text)
    if found is None or (len(text) > MAX_DIGITS and significant(found[1]) > MAX_DIGITS):
        return None
    return Decimal(found[1])


def numbers_of(cells: Iterable[bytes], decode: Callable[[bytes], str]) -> dict[bytes, Decimal]:
    """The numbers among cells in bytes, each once; those of the most frequent form in one scan."""
    found: list[bytes] = []
    others: list[bytes] = []
    for cell in cells:
        (found if _QUICK.fullmatch(cell) else others).append(cell)
    numbers = dict(zip(found, map(Decimal, b" ".join(found).decode("ascii").split()), strict=True))
    return numbers | {cell: value for cell in others if (value := number(decode(cell))) is not None}


_QUICK = re.compile(rb"[+-]?[0-9]{1,18}(?:\.[0-9]{1,18})?")


def significant(text: str) -> int:
    """The digits of a number as it is written, from the first that is not zero, without the exponent's."""
    mantissa = re.split("[eE]", text, maxsplit=1)[0]
    return len(_NO_DIGITS.sub("", mantissa).lstrip("0"))


def leads_with_zero(text: str) -> bool:
    """Whether a number is written with a zero too many before it, as postcodes and other codes are: `007`, `-00.5`."""
    return _LEADING_ZERO.match(text) is not None


class WrittenNumber(NamedTuple):
    """A number with the currency that stands before or after it, and the spaces between."""

    value: Decimal
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class NumberFormat:
    """How the numbers of a column are written. `parse` knows no other way, so nothing is guessed.

    decimal     the character before the fraction
    group       the character after every three digits from the point; "indian" is a comma after three, then every two
                digits; "" for none. A number without any is one, too. A space stands for all spaces.
    currency    one sign or ISO code may stand before or after the number
    percent     a number before `%` is a hundredth of it
    accounting  a number in parentheses is negative
    bare        False: anything that is no digit may stand around the number
    whole       True: neither fraction nor exponent
    """

    kind: ClassVar = "number"
    decimal: str = "."
    group: str = ""
    currency: bool = False
    percent: bool = False
    accounting: bool = False
    bare: bool = True
    whole: bool = False

    def parse(self, text: str) -> Decimal | None:
        """The exact number; None where `text` is none in this format."""
        if self.plain:
            return number(text)
        found = self.read(text)
        return None if found is None else found.value

    def read(self, text: str) -> WrittenNumber | None:
        """The same with the currency beside it."""
        if self.plain:
            value = number(text)
            return None if value is None else WrittenNumber(value)
        found = self._pattern.fullmatch(text)
        if found is None:
            return None
        part = {name: found[name] or "" for name in self._pattern.groupindex}
        signs, money = part["outer"] + part["inner"], [part[name] for name in _PLACES if part[name]]
        if bool(part["open"]) != bool(part["close"]) or len(signs) > (not part["open"]):
            return None
        if len(money) > 1 or not all(map(_is_currency, money)):
            return None
        fraction = part.get("fraction", "") + part.get("rest", "")
        digits = _NO_DIGITS.sub("", part["whole"]) + fraction
        if len(digits.lstrip("0")) > MAX_DIGITS:
            return None
        exponent = int(part.get("exponent") or 0) * (-1 if part.get("down") == "-" else 1)
        power = exponent - len(fraction) - 2 * bool(part["percent"])
        value = Decimal(f"{'-' * (signs == '-' or bool(part['open']))}{digits}e{power}")
        return WrittenNumber(value, part["left1"] or part["left2"], part["right3"] or part["right4"])

    @cached_property
    def plain(self) -> bool:
        """Whether this is the grammar that holds where no format is given."""
        return self == NumberFormat()

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        space, never = f"[{SPACES}]*", "(?!)"
        money = _MONEY if self.currency else never
        left, right = (r"\(", r"\)") if self.accounting else (never, never)
        before, after = (space, space) if self.bare else ("[^0-9]*?", "[^0-9]*")
        return re.compile(
            f"{before}(?P<left1>(?P<money1>{money}){space})?(?:(?P<open>{left}){space})?"
            f"(?P<outer>[+-]?)(?P<left2>(?P<money2>{money}){space})?(?P<inner>[+-]?){self._core}"
            f"(?:{space}(?P<percent>{'%' if self.percent else never}))?(?P<right3>{space}(?P<money3>{money}))?"
            f"(?:{space}(?P<close>{right}))?(?P<right4>{space}(?P<money4>{money}))?{after}"
        )

    @property
    def _core(self) -> str:
        if self.whole:
            return f"(?P<whole>{self._digits})"
        point = re.escape(self.decimal)
        return f"(?:(?P<whole>{self._digits})(?:{point}(?P<fraction>[0-9]*))?|{point}(?P<rest>[0-9]+)){_EXPONENT}"

    @property
    def _digits(self) -> str:
        """Digits, or groups of them."""
        if not self.group:
            return "[0-9]+"
        mark = f"[{SPACES}]" if self.group in SPACES else re.escape("," if self.group == INDIAN else self.group)
        if self.group == INDIAN:
            return rf"(?:[0-9]{{1,2}}(?:{mark}[0-9]{{2}})*{mark}[0-9]{{3}}|[0-9]+)"
        return rf"(?:[0-9]{{1,3}}(?:{mark}[0-9]{{3}})+|[0-9]+)"

    def as_json(self) -> dict[str, object]:
        """What differs from the plain grammar, as `as` takes it."""
        given = {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if field.default != getattr(self, field.name)
        }
        return {"number": given}


PLAIN = NumberFormat()


def _is_currency(mark: str) -> bool:
    return len(mark) != 1 or category(mark) == "Sc"


def floats(cells: Sequence[bytes]) -> list[float] | None:
    """All cells as the nearest floats when every one is a number in plain decimal notation, else None.

    A text of digits, points and minus signs is such a list when `float` takes every cell and none begins with a zero
    too many, begins or ends with a point, or is longer than a number may be. A few C-level scans of the cells together
    instead of a match of each.
    """
    text = b"\n" + b"\n\n".join(cells) + b"\n"
    if text.count(b"\n") != 2 * len(cells):  # a cell with a line end of its own, which `float` would overlook
        return None
    if text.translate(None, b"0123456789.-\n") or b"\n." in text or b".\n" in text or b"-." in text:
        return None
    if text.count(b"\n0") + text.count(b"-0") != sum(map(text.count, _ONE_ZERO)):
        return None
    if max(map(len, cells), default=0) > MAX_DIGITS:
        return None
    try:
        return list(map(float, cells))
    except ValueError:
        return None


_ONE_ZERO = (b"\n0.", b"\n0\n", b"-0.", b"-0\n")
