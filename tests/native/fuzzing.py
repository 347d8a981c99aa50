"""Random texts through every function of the kernel: `python -m tests.native.fuzzing SECONDS SEED MEMORY`.

Prints what was tried as JSON. A difference from the model is an error that names the seed of its case, and what the
kernel does to memory that is not its own ends the process: MEMORY is Guarded, or Heap under AddressSanitizer.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

from tests.native import cases, checks, column_checks, memories, rule_checks
from tests.native.aggregates import aggregates
from tests.native.bucket_checks import spreads
from tests.native.crossing_checks import crosses
from tests.native.difference_checks import differences
from tests.native.entry_checks import entries, later, repeated, shared
from tests.native.groups import groups
from tests.native.marking_checks import marked, marks
from tests.native.multiple_checks import multiplies, parted
from tests.native.sorts import sorts
from tests.native.wording_checks import words

if TYPE_CHECKING:
    from csvapi.native.memory import Allocate


def scanned(case: cases.Case, outcomes: Counter[str]) -> None:
    """How much of it the kernel takes, or why no more."""
    index, _ = checks.scan(case)
    outcomes["bytes"] += len(case.data)
    outcomes["taken"] += index.size
    outcomes[index.declined.reason.name if index.declined else "whole"] += 1


def tried(seed: int, allocate: Allocate, outcomes: Counter[str]) -> None:
    """One case, through all that can be asked of it."""
    source = random.Random(seed)
    case = cases.case(source, allocate)
    scanned(case, outcomes)
    others = (
        sorts,
        groups,
        aggregates,
        entries,
        shared,
        later,
        repeated,
        words,
        crosses,
        differences,
        spreads,
        marks,
        marked,
        multiplies,
        parted,
    )
    for check in (*checks.OF_TEXTS, *column_checks.OF_COLUMNS, *rule_checks.OF_RULES, *others):
        check(case, source)


def main(seconds: float, seed: int, memory: str) -> None:
    outcomes: Counter[str] = Counter()
    allocate = getattr(memories, memory)
    end = time.process_time() + seconds  # so that a busy machine tries as much
    while time.process_time() < end:
        try:
            tried(seed, allocate, outcomes)
        except BaseException:
            print(f"case {seed}", file=sys.stderr)
            raise
        seed += 1
        outcomes["cases"] += 1
    print(json.dumps(outcomes))


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
