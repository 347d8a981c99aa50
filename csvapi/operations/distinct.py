"""How many distinct values there are: exactly up to a bound, then by HyperLogLog.

Source: Flajolet, Fusy, Gandouet, Meunier, HyperLogLog, 2007. With 16,384 registers the standard error is 0.81 %. The
hash is BLAKE2b, so the answer depends only on the values, not on their order, the process or the machine.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from math import log
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_BITS = 14
_REGISTERS = 1 << _BITS
_WIDTH = 64 - _BITS
STANDARD_ERROR = 1.04 / _REGISTERS**0.5


@dataclass
class Distinct:
    """`exact` holds the values until there are more than `bound`; `registers` is empty until then.

    No digest from `ceiling` on has the zeros to raise any register; it is lowered after some have been `hashed`.
    """

    bound: int
    exact: set[bytes] = field(default_factory=set)
    registers: bytearray = field(default_factory=bytearray)
    hashed: int = 0
    ceiling: bytes = b"\xff" * 9

    def add(self, values: Iterable[bytes]) -> None:
        if self.registers:
            self._estimate(values)
            return
        self.exact.update(values)
        if len(self.exact) > self.bound:
            self.registers = bytearray(_REGISTERS)
            self._estimate(self.exact)
            self.exact = set()

    def merge(self, other: Distinct) -> None:
        if other.registers:
            if not self.registers:
                self.registers = bytearray(_REGISTERS)
                self._estimate(self.exact)
                self.exact = set()
            self.registers = bytearray(map(max, self.registers, other.registers))
        else:
            self.add(other.exact)

    def _estimate(self, values: Iterable[bytes]) -> None:
        registers, mask = self.registers, _REGISTERS - 1
        hashed = [blake2b(value, digest_size=8).digest() for value in values]
        self.hashed += len(hashed)
        if self.hashed >= _REGISTERS and (least := min(registers)):
            self.hashed, self.ceiling = 0, (1 << 64 - least).to_bytes(8)
        for number in map(int.from_bytes, filter(self.ceiling.__gt__, hashed)):
            rank = _WIDTH - (number >> _BITS).bit_length() + 1
            at = number & mask
            if rank > registers[at]:
                registers[at] = rank

    @property
    def count(self) -> int:
        if not self.registers:
            return len(self.exact)
        estimate = 0.7213 / (1 + 1.079 / _REGISTERS) * _REGISTERS**2 / sum(2.0**-rank for rank in self.registers)
        zeros = self.registers.count(0)
        if estimate <= 2.5 * _REGISTERS and zeros:
            return round(_REGISTERS * log(_REGISTERS / zeros))
        return round(estimate)
