r"""What a pattern's matches are replaced with: text in which `\1` stands for a group.

The library's own `sub` reads the text as bytes of Latin-1 and so damages every letter beyond ASCII.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from marshmallow import ValidationError

from csvapi.steps.growth import TooLong

if TYPE_CHECKING:
    from collections.abc import Iterator

_ESCAPE = r"x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[abfnrtv\\'\"]"
_TOKEN = re.compile(
    rf"\\(?:(?P<number>0|[1-9][0-9]?)|g<(?P<name>\w+)>|(?P<escape>{_ESCAPE})|(?P<dollar>\$))"
    r"|(?P<foreign>\$(?:[0-9]+|&|\{\w*\}|<\w+>))"
)


@dataclass(frozen=True)
class Most:
    """A bound on what replacing makes of a text: so many characters for each of its own, and for each match."""

    each: int
    match: int

    def of(self, length: int) -> int:
        """The most characters that a text of this length may become."""
        return length * (1 + self.each) + (length + 1) * self.match


@dataclass(frozen=True)
class Template:
    """Literal parts, and the numbers of groups between them."""

    parts: tuple[str | int, ...]

    def __call__(self, match: Any) -> str:
        """The text that stands for a match, its groups filled in."""
        return "".join(part if isinstance(part, str) else match.group(part) or "" for part in self.parts)

    @property
    def most(self) -> Most:
        """The bound on what this makes of a match."""
        literals = [len(part) for part in self.parts if isinstance(part, str)]
        return Most(len(self.parts) - len(literals), sum(literals))


@dataclass(frozen=True)
class Replaced:
    """A text with every match of `pattern` replaced by what `make` makes of it.

    Raises `TooLong` before the result has more than `limit` characters. A long text is done match by match, so that
    `heartbeat` is called and only the result is held: its matches, all together, may take a hundred times its memory.
    """

    pattern: Any
    make: Callable[[Any], str]
    most: Most
    limit: int
    heartbeat: Callable[[], None]

    def __call__(self, text: str) -> str:
        """The text with all matches replaced. Raises `TooLarge` beyond the limit, before it is made."""
        if self.most.of(len(text)) <= min(_SHORT, self.limit):
            return str(self.pattern.sub(self.make, text))
        done = io.StringIO()
        end, size = 0, len(text)
        for number, match in enumerate(self.pattern.finditer(text)):
            if number % _MATCHES == 0:
                self.heartbeat()
            new = self.make(match)
            size += len(new) - (match.end() - match.start())
            if size > self.limit:
                raise TooLong(size)
            done.write(text[end : match.start()])
            done.write(new)
            end = match.end()
        done.write(text[end:])
        return done.getvalue()


_SHORT = 1 << 13  # characters of a text that is made at once
_MATCHES = 16  # from one sign of life to the next; each may look at all of a long text


def template(text: str, pattern: Any) -> Template:
    r"""A function from a match of `pattern` to what it is replaced with.

    `\1` to `\99` and `\g<name>` are groups, `\0` is the whole match, `\n`, `\t`, `\\`, `\x41` and `\u0041` are
    characters, `\$` is a dollar sign; any other backslash stands for itself. A group that took no part is empty.
    Raises `ValidationError` for a group the pattern does not have, and for a group as other programs write it: `$1`.
    """
    return Template(tuple(part for part in _parts(text, pattern) if part != ""))


def _parts(text: str, pattern: Any) -> Iterator[str | int]:
    """Literal text, and the numbers of groups."""
    end = 0
    for found in _TOKEN.finditer(text):
        yield text[end : found.start()]
        end = found.end()
        if found["foreign"]:
            raise ValidationError(_written(found["foreign"], pattern.groups), "with")
        if found["escape"]:
            yield _character(found[0])
        elif found["dollar"]:
            yield "$"
        else:
            yield _group(found["number"] or found["name"], pattern)
    yield text[end:]


def _written(foreign: str, groups: int) -> str:
    here = f"the text {foreign} is written \\{foreign}, in JSON \\\\{foreign}."
    if not groups:
        return f"holds {foreign}, and the pattern has no groups; {here}"
    return f"holds {foreign}; a group is written \\1 here, in JSON \\\\1; {here}"


def _character(escape: str) -> str:
    try:
        return codecs.decode(escape, "unicode_escape")
    except UnicodeDecodeError as error:
        raise ValidationError(f"{escape} is no character.", "with") from error


def _group(name: str, pattern: Any) -> int:
    number = int(name) if name.isdecimal() else pattern.groupindex.get(name)
    if number is None:
        raise ValidationError(f"names a group {name!r}, which the pattern does not have.", "with")
    if number > pattern.groups:
        raise ValidationError(f"names a group the pattern does not have; it has {pattern.groups}.", "with")
    return int(number)
