"""What quotes do in a whole block, 64 of its bytes to a word: which fields they hold, and what those hide.

A quote is inside or at the start of a quoted field when the quotes up to it are odd in number, provided that every
quote does what such a count takes for granted: one that opens stands where a field begins, one that closes stands where
a field ends, and two that stand together are one that is doubled. By induction from the block's start, each quote for
which this holds leaves the csv module in the state that the count says. Where it does not hold for all, nothing is
said.

The count is a sum modulo 2 over all earlier bits, by shifts of doubling width (Langdale and Lemire 2019, "Parsing
gigabytes of JSON per second", which has it by a carry-less multiplication).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
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


@dataclass(frozen=True)
class Quotes:
    """What was found in a block: its quotes, those that open a field, all that would be special outside of quoted
    fields, each as bits, and where in the block separators are `covered` by them. `dense` if there are many quotes.
    """

    quotes: Words
    opens: Words
    hides: Words
    covered: Places
    dense: bool

    @cached_property
    def places(self) -> Places:
        return _places(self.quotes)

    @cached_property
    def opening(self) -> Places:
        return _places(self.opens)

    @cached_property
    def hidden(self) -> Places:
        return _places(self.hides)


def read(chars: Bytes, separators: Mask, wire: Wire, sparse: int, *, returns: bool) -> Quotes | None:
    """What the quotes of a block do that begins with a record, or None where they do not all open and close fields.

    Quotes are dense where there is more than one to `sparse` bytes. `chars` are a multiple of `WORD` in number, and the
    last record among them need not be whole; if there are carriage returns, a line feed follows each of them.
    """
    quotes, special = _bits(chars == wire.quote[0]), _bits(separators)
    if returns:
        special |= _bits(chars == _CR)
    inside = _parity(quotes)
    opens, closes, outside = quotes & inside, quotes & ~inside, special & ~inside
    before, after = _up(outside), _down(outside)
    before[0] |= _ONE
    after[-1] |= _TOP
    doubled = np.zeros_like(opens)
    if wire.dialect.double_quote:
        doubled = opens & _up(closes)
        before |= doubled
        after |= _down(opens)
    if (opens & ~before).any() or (closes & ~after).any():
        return None
    special &= inside
    covered = _places(special)
    dense = int(np.bitwise_count(quotes).sum()) * sparse > len(chars)
    return Quotes(quotes, opens & ~doubled, special | doubled, covered[separators[covered]], dense)


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
