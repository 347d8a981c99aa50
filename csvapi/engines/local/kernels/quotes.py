"""What quotes do in a whole block: which fields they hold, and what those hide.

A quote is inside or at the start of a quoted field when the quotes up to it are odd in number, provided that every
quote does what such a count takes for granted: one that opens stands where a field begins, one that closes stands where
a field ends, and two that stand together are one that is doubled. By induction from the block's start, each quote for
which this holds leaves the csv module in the state that the count says. Where it does not hold for all, nothing is
said.

Few quotes that hold little are looked at one by one. Otherwise 64 bytes of the block are a word of bits: the count is a
sum modulo 2 over all earlier bits, by shifts of doubling width (Langdale and Lemire 2019, "Parsing gigabytes of JSON
per second", which has it by a carry-less multiplication).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from csvapi.csvio.wire import Wire

Places = NDArray[np.int64]
Bytes = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Words = NDArray[np.uint64]

WORD = 64  # bytes to a word of bits
_ONE, _LAST, _TOP = np.uint64(1), np.uint64(WORD - 1), np.uint64(1 << WORD - 1)
_STEPS = [np.uint64(1 << power) for power in range(6)]
_CR = b"\r"[0]
_LITTLE = 4  # bytes that quotes may hold to be looked at one by one, for `sparse` bytes of the block


@dataclass(frozen=True)
class Quotes:
    """Where separators are in quoted fields (`covered`) and where quotes are (`places`; None if there are many).

    `opening` finds those that open a field, `hidden` all that would be special outside of quoted fields.
    """

    covered: Places
    places: Places | None
    opening: Callable[[], Places]
    hidden: Callable[[], Places]


def read(chars: Bytes, separators: Mask, wire: Wire, sparse: int, *, returns: bool) -> Quotes | None:
    """What the quotes of a block do that begins with a record, or None where they do not all open and close fields.

    There are many where there is more than one to `sparse` bytes. `chars` are a multiple of `WORD` in number, and the
    last record among them need not be whole; if there are carriage returns, a line feed follows each of them.
    """
    quotes = _bits(chars == wire.quote[0])
    many = int(np.bitwise_count(quotes).sum()) * sparse > len(chars)
    places = None if many else _places(quotes)
    doubles = wire.dialect.double_quote
    if places is not None:
        opens, closes = places[::2], np.append(places[1::2], len(chars))[: (len(places) + 1) // 2]
        if (closes - opens).sum() * sparse < _LITTLE * len(chars):
            return _one_by_one(places, opens, closes, chars, separators, doubles=doubles)
    special = _bits(separators)
    if returns:
        special |= _bits(chars == _CR)
    return _by_words(places, quotes, special, separators, doubles=doubles)


def _by_words(
    places: Places | None, quotes: Words, special: Words, separators: Mask, *, doubles: bool
) -> Quotes | None:
    inside = _parity(quotes)
    opens, closes, outside = quotes & inside, quotes & ~inside, special & ~inside
    before, after = _up(outside), _down(outside)
    before[0] |= _ONE
    after[-1] |= _TOP
    doubled = np.zeros_like(opens)
    if doubles:
        doubled = opens & _up(closes)
        before |= doubled
        after |= _down(opens)
    if (opens & ~before).any() or (closes & ~after).any():
        return None
    special &= inside
    covered = _places(special)
    return Quotes(
        covered[separators[covered]], places, lambda: _places(opens & ~doubled), lambda: _places(special | doubled)
    )


def _one_by_one(
    places: Places, opens: Places, closes: Places, chars: Bytes, separators: Mask, *, doubles: bool
) -> Quotes | None:
    """The same of quotes that hold little: the last one that opens is closed behind the block if not in it."""
    end = len(chars)
    doubled = np.zeros(len(opens), np.bool_)
    if doubles:
        doubled[1:] = opens[1:] == closes[:-1] + 1
    begins = doubled | separators[opens - 1] | (opens == 0)
    behind = np.minimum(closes + 1, end - 1)
    ends = separators[behind] | (chars[behind] == _CR) | (closes >= end - 1)
    ends[:-1] |= doubled[1:]
    if not (begins.all() and ends.all()):
        return None
    sizes = closes - opens - 1
    inner = np.repeat(opens + 1 - (np.cumsum(sizes) - sizes), sizes) + np.arange(sizes.sum())
    covered = inner[separators[inner]]
    return Quotes(
        covered,
        places,
        lambda: opens[~doubled],
        lambda: np.concatenate((covered, inner[chars[inner] == _CR], opens[doubled])),
    )


def _bits(mask: Mask) -> Words:
    return np.packbits(mask, bitorder="little").view("<u8")


def _places(bits: Words) -> Places:
    """Where the ones are, of which there are few."""
    words = np.flatnonzero(bits != 0)
    row, column = np.nonzero(np.unpackbits(bits[words].view(np.uint8), bitorder="little").reshape(-1, WORD))
    return words[row] * WORD + column


def _parity(bits: Words) -> Words:
    """For each bit whether the ones up to it, itself included, are odd in number."""
    parity = bits.copy()
    for step in _STEPS:
        parity ^= parity << step
    odd = np.bitwise_xor.accumulate(parity >> _LAST)
    parity[1:] ^= -odd[:-1]  # all ones where those of the words before are odd
    return parity


def _up(bits: Words) -> Words:
    """Each bit in the place of the one behind it."""
    moved = bits << _ONE
    moved[1:] |= bits[:-1] >> _LAST
    return moved


def _down(bits: Words) -> Words:
    """Each bit in the place of the one before it."""
    moved = bits >> _ONE
    moved[:-1] |= bits[1:] << _LAST
    return moved
