"""A pipeline in stages: one ends where a step's output is another file than its input with some records gone.

sort, join, concat and the like settle what they write; the steps after one of them read that as their file. Each
stage is as many passes as it has keyed or studying steps, and one.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from csvapi.csvio.disk import disk_budget
from csvapi.errors import InvalidInput
from csvapi.operations import check_columns
from csvapi.steps.output import check_parts, form

if TYPE_CHECKING:
    from pathlib import Path

    from csvapi.csvio.dialect import Dialect
    from csvapi.csvio.source import Source
    from csvapi.engines.local.plan import Files, Plan
    from csvapi.engines.options import Options
    from csvapi.engines.receipt import Receipt
    from csvapi.steps.gathering import Converter
    from csvapi.steps.step import Step


def stages(steps: list[Step], options: Options) -> list[list[Step]]:
    """The steps of each stage. Raises what `check_output` does."""
    found: list[list[Step]] = [[]]
    for step in steps:
        found[-1].append(step)
        if step.traits.settles:
            found.append([])
    check_output(steps, options.output)
    if not found[-1] and not form(options.output):
        found.pop()
    return found


def steps_of_input(steps: list[Step]) -> int:
    """How many steps are given the input's records: those of the first stage."""
    return next((number for number, step in enumerate(steps, start=1) if step.traits.settles), len(steps))


def check_output(steps: list[Step], output: dict[str, Any] | None) -> None:
    """Raise `InvalidInput` for an `output` of what is no CSV."""
    if output and steps[-1].operation.last:
        raise InvalidInput(f"output: {steps[-1].operation.name} says itself what is written.", pointer="/output")


def check(plan: Plan, later: list[list[Step]], files: Files, output: dict[str, Any] | None = None) -> None:
    """Find wrong columns of later stages and of the output before the first stage runs, as far as they are known by
    then."""
    if plan.steps and plan.steps[-1].traits.names_from_data:
        return
    after = plan.after
    steps = [step for steps in later for step in steps]
    check_parts(output, check_columns(steps, after.columns, after.header, files))


def whole(first: Source, last: Plan, receipts: list[Receipt], options: Options, run: dict[str, Any]) -> Receipt:
    """One receipt: the input of the first stage, the output of the last one, and the steps of all; `run` says how."""
    receipt = replace(
        receipts[-1],
        dialect=first.byte_dialect.dialect,
        steps=[step for each in receipts for step in each.steps],
        options=options.as_json(),
        input_bytes=first.size + first.trailing,
        census=receipts[0].census,
        counts=[count for each in receipts for count in each.counts],
        ragged_dropped=receipts[0].ragged_dropped,
        preamble=first.preamble_lines,
        trailing=first.trailing,
        warnings=[warning for each in receipts for warning in each.warnings],
        run={**run, "stages": [each.run for each in receipts]},
    )
    receipt.output = output_of(last)
    return receipt


class Aside:
    """The file to which the stages append what they drop, one after the other."""

    def __init__(self, target: Path | None, folder: Path, name: str) -> None:
        self.target, self.folder, self.name = target, folder, name

    def of(self, stage: int) -> Path | None:
        """The file that this stage writes, or None if nobody asked for one."""
        if self.target is None or stage == 0:
            return self.target
        return self.folder / f"{self.name}-{stage}"

    def add(self, stage: int, skip: int) -> None:
        """Append what a later stage wrote, without its head of `skip` bytes."""
        part = self.of(stage)
        if stage == 0 or part is None or self.target is None:
            return
        with disk_budget(), part.open("rb") as source, self.target.open("ab") as target:
            source.seek(skip)
            shutil.copyfileobj(source, target, 1 << 20)
        part.unlink()


def output_of(plan: Plan) -> dict[str, object]:
    """What the receipt reports about the output's form."""
    if plan.steps and plan.steps[-1].operation.last:
        return {**cast("Converter", plan.built[-1]).form, "columns": plan.after.columns}
    dialect: Dialect = plan.after.byte_dialect.dialect if plan.after.byte_dialect else plan.source.byte_dialect.dialect
    return {
        "format": "csv",
        "media_type": "text/csv",
        "suffix": ".csv",
        "dialect": dialect.as_json(),
        "columns": plan.after.columns,
    }
