"""What a caller may choose about a run, and what is reported while it runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from csvapi.csvio.batch import BLOCK_SIZE
from csvapi.csvio.disk import Limits
from csvapi.native.loader import load

if TYPE_CHECKING:
    from collections.abc import Mapping

    from csvapi.steps.secret_key import SecretKey

MIB = 1 << 20


@dataclass(frozen=True)
class Options:
    """`memory` is for the keys of dedup and unique, in bytes, over all processes together.

    `native` uses the kernel, which is the default where there is one. `limits` are those of what is written. `partial`
    says that the file is only some records of another, so that what it lacks means nothing.
    `file_name` is what the user calls the input, for steps that write it; empty for one without a name.
    `keys` are those that steps hash with, by name; nothing that is written or sent to other machines has them.
    """

    on_ragged: Literal["keep", "pad", "drop", "fail"] = "keep"
    on_bad: Literal["keep", "fail"] = "keep"
    explain: bool = False
    memory: int = 256 * MIB
    processes: int = 1
    max_record: int = 16 * MIB
    max_columns: int = 100_000
    block_size: int = BLOCK_SIZE
    smallest_range: int = 16 * MIB
    native: bool = field(default_factory=lambda: load() is not None)
    output: dict[str, Any] | None = None
    file_name: str = ""
    keys: Mapping[str, SecretKey] = field(default_factory=dict, repr=False)
    limits: Limits = field(default_factory=Limits)
    partial: bool = False

    def as_json(self) -> dict[str, Any]:
        """What the result depends on."""
        return {
            "on_ragged": self.on_ragged,
            "on_bad": self.on_bad,
            **({"output": self.output} if self.output else {}),
        }


@dataclass(frozen=True)
class Progress:
    """Bytes and records over all passes so far; `step` is the number (from 1) of the step a pass works towards."""

    bytes_done: int
    bytes_total: int
    rows_in: int
    rows_out: int
    step: int

    def as_json(self, seconds: float) -> dict[str, Any]:
        """As it is shown after so many seconds, with what they tell of those to come."""
        left = self.bytes_total - self.bytes_done
        return {
            "bytes_done": self.bytes_done,
            "bytes_total": self.bytes_total,
            "rows_in": self.rows_in,
            "rows_out": self.rows_out,
            "rows_per_s": round(self.rows_in / seconds),
            "eta_s": round(left * seconds / self.bytes_done, 1) if self.bytes_done else None,
            "step": self.step,
        }
