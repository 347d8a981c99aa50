"""Digests of many keys at once that nobody can make collide: Multilinear-HM hashing (Lemire and Kaser 2014).

Add to each 32-bit word of a key a secret random 64-bit number, multiply the results in pairs, and sum the products
modulo 2 ** 64, with one for the length: two different keys have equal upper 32 bits in one of 2 ** 32 cases. Four such
sums make 128 bits. Keys of more than `LONGEST` bytes get BLAKE2b, keyed by the same secret.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from csvapi.engines.kernels import SECRET
from csvapi.engines.kernels.table import PADDING, Places, Table

LONGEST = 512
_SUMS = 4
_LOW, _HALF, _TOP = np.uint64(0xFFFFFFFF), np.uint64(32), np.uint64(0xFFFFFFFF00000000)
_KEPT = np.array([(1 << 8 * length) - 1 for length in range(8)], np.uint64)  # of the last word of a key

Digests = tuple[Places, Places]


class Digester:
    """Digests under one secret, which all processes of a run share."""

    def __init__(self, secret: bytes) -> None:
        self.secret = secret
        self.factors = np.frombuffer(secret, np.uint64, SECRET // 8).reshape(_SUMS, LONGEST // 4 + 2)

    def of_keys(self, keys: Sequence[bytes]) -> Digests:
        lengths = np.fromiter(map(len, keys), np.int64, len(keys))
        return self.of_spans(b"".join(keys) + bytes(PADDING), np.cumsum(lengths) - lengths, lengths)

    def of_spans(self, text: bytes, starts: Places, lengths: Places) -> Digests:
        """Of keys that lie in `text`, which has padding behind them."""
        sums = np.empty((_SUMS, len(starts)), np.uint64)
        short = np.flatnonzero(lengths <= LONGEST)
        if len(short) == len(starts):
            sums[:] = self._short(text, starts, lengths)
        else:
            sums[:, short] = self._short(text, starts[short], lengths[short])
        first = (sums[0] & _TOP) | (sums[1] >> _HALF)
        second = (sums[2] & _TOP) | (sums[3] >> _HALF)
        for index in np.flatnonzero(lengths > LONGEST).tolist():
            key = text[starts[index] : starts[index] + lengths[index]]
            digest = blake2b(key, digest_size=16, key=self.secret[:64]).digest()
            first[index], second[index] = np.frombuffer(digest, np.uint64)
        return first.view(np.int64), second.view(np.int64)

    def _short(self, text: bytes, starts: Places, lengths: Places) -> NDArray[np.uint64]:
        """The sums, the keys ordered by length so that those with a word number n are a slice."""
        order = np.argsort(lengths.astype(np.uint16), kind="stable")
        starts, lengths = starts[order], lengths[order]
        words = np.ndarray((len(text) - 7,), "<u8", text, 0, (1,))
        longest = int(lengths[-1]) if len(lengths) else 0
        begins = np.searchsorted(lengths, np.arange(0, longest + 9, 8), side="right")  # keys of more than 8 n bytes
        sums = self.factors[:, -1:] + self.factors[:, -2:-1] * lengths.astype(np.uint64)
        for number in range((longest + 7) // 8):
            begin, full = begins[number], np.searchsorted(lengths, 8 * number + 8)
            word = words[starts[begin:] + 8 * number]
            word[: full - begin] &= _KEPT[lengths[begin:full] - 8 * number]
            low, high = word & _LOW, word >> _HALF
            for total, factors in zip(sums, self.factors, strict=True):
                product = low + factors[2 * number]
                product *= high + factors[2 * number + 1]
                total[begin:] += product
        result = np.empty_like(sums)
        result[:, order] = sums
        return result


def joined(table: Table, positions: Sequence[int], records: Places) -> tuple[bytes, Places, Places]:
    """The fields of some columns with a delimiter between, as keys in a text: as `csvio.keys` has them, if plain."""
    spans = [table.span(position, records) for position in positions]
    starts = np.column_stack([first for first, _ in spans])
    lengths = np.column_stack([last - first for first, last in spans])
    lengths[:, :-1] += 1  # the delimiter, in whose place a line end may be
    sizes = lengths.ravel()
    places = np.cumsum(sizes)
    chars = np.frombuffer(table.text, np.uint8)
    text = chars[np.repeat(starts.ravel() - places + sizes, sizes) + np.arange(places[-1] if len(places) else 0)]
    text[places.reshape(lengths.shape)[:, :-1].ravel() - 1] = table.wire.delimiter[0]
    totals = lengths.sum(axis=1)
    return text.tobytes() + bytes(PADDING), np.cumsum(totals) - totals, totals
