"""Digests of many keys at once that nobody can make collide: eight sums of 16 bits each, in two steps.

First the 32-bit words of a key, each times a secret random number from -2 ** 14 to 2 ** 14 - 1, and its length, times
another, are summed: as a product of matrices in floating point, where at most 128 such products stay within 2 ** 53 and
so are exact. Two different keys have equal sums in at most one of 2 ** 15 cases, since whatever all other numbers are,
at most one value of the number at which they differ makes them equal. Then each sum is multiplied by a secret odd
number modulo 2 ** 64, of which the upper 16 bits stay: those of two different sums are equal in at most one of 2 ** 15
cases (Dietzfelbinger et al. 1997, "A reliable randomized algorithm for the closest-pair problem"). So one of the eight
is equal in at most one of 2 ** 14 cases, and all of them in at most one of 2 ** 112. Keys of more than `LONGEST` bytes
get BLAKE2b, keyed by the same secret.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np

from csvapi.engines.local.kernels.quotes import Places
from csvapi.engines.local.kernels.table import PADDING, Table

LONGEST = 508
_ROW = 128  # bytes of a key that are handled together
_SUMS = 8
_WORDS = (LONGEST + 4) // 4
_BITS = 15
_UPPER, _PLACES = np.uint64(48), [np.uint64(48), np.uint64(32), np.uint64(16)]
_KEPT = np.array([[0xFF] * length + [0] * (_ROW - length) for length in range(_ROW)], np.uint8).view("<u8")

Digests = tuple[Places, Places]


class Digester:
    """Digests under one secret, which all processes of a run share."""

    def __init__(self, secret: bytes) -> None:
        self.secret = secret
        numbers = np.frombuffer(secret, np.uint16, _SUMS * _WORDS).reshape(_SUMS, _WORDS)
        self.factors = (numbers >> (16 - _BITS)).astype(np.float64) - (1 << _BITS - 1)
        self.odd = np.frombuffer(secret, np.uint64, _SUMS, 2 * _SUMS * _WORDS)[:, np.newaxis] | np.uint64(1)

    def of_keys(self, keys: Sequence[bytes]) -> Digests:
        lengths = np.fromiter(map(len, keys), np.int64, len(keys))
        return self.of_spans(b"".join(keys) + bytes(PADDING), np.cumsum(lengths) - lengths, lengths)

    def of_spans(self, text: bytes, starts: Places, lengths: Places) -> Digests:
        """Of keys that lie in `text`, which has padding behind them."""
        short = lengths <= LONGEST
        if short.all():
            return self._short(text, starts, lengths)
        first, second = np.empty((2, len(starts)), np.int64)
        first[short], second[short] = self._short(text, starts[short], lengths[short])
        for index in np.flatnonzero(~short).tolist():
            key = text[starts[index] : starts[index] + lengths[index]]
            digest = blake2b(key, digest_size=16, key=self.secret[:64]).digest()
            first[index], second[index] = np.frombuffer(digest, np.int64)
        return first, second

    def _short(self, text: bytes, starts: Places, lengths: Places) -> Digests:
        """The keys ordered by length, so that those which reach into a row are a slice."""
        order = np.argsort(lengths.astype(np.uint16), kind="stable")
        starts, lengths = starts[order], lengths[order]
        sums = self.factors[:, -1:] * lengths
        longest = int(lengths[-1]) if len(lengths) else 0
        for at in range(0, longest, _ROW):
            begin, full = np.searchsorted(lengths, at, side="right"), np.searchsorted(lengths, at + _ROW)
            size = min(_ROW, (longest - at + 7) // 8 * 8)
            rows = np.ndarray((len(text) - size + 1,), f"V{size}", text, 0, (1,))[starts[begin:] + at]
            rows.view("<u8").reshape(-1, size // 8)[: full - begin] &= _KEPT[lengths[begin:full] - at, : size // 8]
            words = rows.view("<u4").reshape(-1, size // 4)[:, : _WORDS - 1 - at // 4].astype(np.float64)
            sums[:, begin:] += self.factors[:, at // 4 : at // 4 + words.shape[1]] @ words.T
        parts = sums.astype(np.int64).view(np.uint64)
        parts *= self.odd
        parts >>= _UPPER
        digests = np.empty((2, len(order)), np.uint64)
        for half, four in zip(digests, (parts[:4], parts[4:]), strict=True):
            half[order] = four[0] << _PLACES[0] | four[1] << _PLACES[1] | four[2] << _PLACES[2] | four[3]
        return digests[0].view(np.int64), digests[1].view(np.int64)


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
