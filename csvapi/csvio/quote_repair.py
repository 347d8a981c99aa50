"""The fields of a record in which text stands after a closing quote, read the way people mean it.

The csv module drops the quotes of `"Lorem Ipsum" dolor` and moves those of `"Bob "the" Man"`: the value loses or
changes characters. Where such a record ends is still the csv module's decision. Only its fields are read again, within
its own text, in the first of these ways that gives the expected number of fields:

(a) a quote closes only before a delimiter or the end of the record, and other quotes in the field are part of the
    value, two together for one; if a field does not close that way, the last of several quotes may close, too;
(b) the same, but an opening quote is part of the value if its field does not close that way, or if its field takes in
    delimiters so that the record has too few fields;
(c) the csv module's reading.

If none gives that number: (a) if every field closes, else (b). A record that runs over a line end keeps the csv
module's fields, since any other reading would have to end it elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NamedTuple

_MOST_OPENED = 20  # opening quotes of a record that are tried as text; bounds the time for it


class _Field(NamedTuple):
    """What stands between the quotes of a field or, without quotes (`opening` -1), between its delimiters."""

    opening: int
    text: str


@dataclass(frozen=True, slots=True)
class QuoteRepair:
    """Reads records again in one dialect.

    `closing` and `lenient` match a quoted field to its end by the two rules of (a), `bare` a field without quotes;
    `well_formed` matches a whole record.
    """

    delimiter: str
    quote: str
    escape: str
    doubles: bool
    skips_space: bool
    closing: re.Pattern[str]
    lenient: re.Pattern[str]
    bare: re.Pattern[str]
    well_formed: re.Pattern[str]

    @classmethod
    def of(cls, form: dict[str, Any]) -> QuoteRepair:
        """`form` describes the dialect in the csv module's words."""
        delimiter, quote, escape = (re.escape(form[name] or "") for name in ("delimiter", "quotechar", "escapechar"))
        escaped = f"{escape}.|" if escape else ""
        text = f"{escaped}[^{quote}{escape}]++"
        inner = f"{text}|{f'{quote}{quote}|' if form['doublequote'] else ''}{quote}(?!{delimiter}|\\Z)"
        bare = f"((?:{escaped}[^{delimiter}{escape}]++)*+)"
        field = f"{' *+' if form['skipinitialspace'] else ''}(?:{quote}(?:{text})*+{quote}|(?!{quote}){bare})"

        def closing(inner: str) -> re.Pattern[str]:
            return re.compile(f"{quote}((?:{inner})*+){quote}(?={delimiter}|\\Z)", re.DOTALL)

        return cls(
            form["delimiter"],
            form["quotechar"],
            form["escapechar"] or "",
            form["doublequote"],
            form["skipinitialspace"],
            closing(inner),
            closing(f"{text}|{quote}(?!{delimiter}|\\Z)"),
            re.compile(bare, re.DOTALL),
            re.compile(f"{field}(?:{delimiter}{field})*+", re.DOTALL),
        )

    def fields(self, record: str, plain: list[str], width: int) -> list[str]:
        """The fields of `record`, a text without its line end, which the csv module reads as `plain`.

        `width` is the expected number of fields, 0 if that is not known. Time: linear in the record.
        """
        if "\n" in record or "\r" in record or self._escapes_end(record):
            return plain
        fields, closed = self._read(record, self.closing)
        if closed and len(fields) == width:
            return self._values(fields)
        others, others_closed = self._read(record, self.lenient)
        if others_closed and len(others) == width:
            return self._values(others)
        opened = self._opened(record, fields, width)
        if len(opened) == width:
            return self._values(opened)
        if len(plain) == width:
            return plain
        return self._values(others if others_closed and not closed else fields)

    def is_malformed(self, record: str) -> bool:
        """Whether text stands after a closing quote of `record`, a text without its line end.

        For dialects that do not double quotes: for these the csv module's strict mode does not report it.
        """
        return self.well_formed.fullmatch(record + "\n" * self._escapes_end(record)) is None

    def _escapes_end(self, record: str) -> bool:
        """Whether the record's line end is part of a field."""
        return bool(self.escape) and (len(record) - len(record.rstrip(self.escape))) % 2 == 1

    def _opened(self, record: str, fields: list[_Field], width: int) -> list[_Field]:
        """Reading (b): treats opening quotes as text, one after the other, beginning with those that enclose lone
        quotes."""
        literal: set[int] = set()
        while len(fields) < width and len(literal) < _MOST_OPENED:
            enclosing = [each for each in fields if each.opening >= 0 and self.delimiter in each.text]
            if not enclosing:
                break
            literal.add(next(filter(self._has_lone_quote, enclosing), enclosing[0]).opening)
            fields, _ = self._read(record, self.closing, literal)
        return fields

    def _has_lone_quote(self, field: _Field) -> bool:
        return self.quote in (field.text.replace(self.quote * 2, "") if self.doubles else field.text)

    def _read(self, record: str, closing: re.Pattern[str], literal: Collection[int] = ()) -> tuple[list[_Field], bool]:
        """The fields, and whether all that begin with a quote are closed. Those at `literal` begin without one.

        A search for a closing quote that reached the end of the record in vain is not made again from further on:
        from there only a field of nothing but quotes can close.
        """
        fields: list[_Field] = []
        start, closed = 0, True
        while True:
            while self.skips_space and record.startswith(" ", start):
                start += 1
            found = None
            if record.startswith(self.quote, start) and start not in literal:
                found = closing.match(record, start) if closed else self._of_quotes(record, start, closing)
                closed = closed and found is not None
            opening = start if found else -1
            found = found or self.bare.match(record, start)
            assert found is not None  # noqa: S101  `bare` matches the empty text, too
            fields.append(_Field(opening, found[1]))
            start = found.end() + 1
            if start > len(record):
                return fields, closed

    def _of_quotes(self, record: str, start: int, closing: re.Pattern[str]) -> re.Match[str] | None:
        """The field that begins at `start` if it holds nothing but quotes."""
        end = start
        while record.startswith(self.quote, end):
            end += 1
        is_ended = end == len(record) or record.startswith(self.delimiter, end)
        return closing.match(record, start, end) if is_ended else None

    def _values(self, fields: list[_Field]) -> list[str]:
        return [self._value(each) for each in fields]

    def _value(self, field: _Field) -> str:
        """The text without its escapes and with one quote for two."""
        text, doubled = field.text, field.opening >= 0 and self.doubles
        if self.escape and self.escape in text:
            marks = f"{re.escape(self.escape)}.?" + (f"|{re.escape(self.quote)}{{2}}" if doubled else "")
            return re.sub(marks, lambda found: found[0][1:], text, flags=re.DOTALL)
        return text.replace(self.quote * 2, self.quote) if doubled else text
