"""The warnings of a stage: about its input, about the other files that its steps read, and about the steps."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from csvapi.csvio.file_warnings import file_warnings

if TYPE_CHECKING:
    from csvapi.csvio.census import Census
    from csvapi.csvio.data_warnings import DataWarning
    from csvapi.engines.local.plan import Plan


def warnings_of(plan: Plan, census: Census) -> list[DataWarning]:
    """In the order of the steps; those about the input only if it is the run's, not what an earlier stage wrote."""
    is_input = plan.before == 0
    found = file_warnings(plan.source, plan.head, census) if is_input else []
    for number, built in enumerate(plan.built, start=plan.before + 1):
        found += [replace(warning, step=number) for second in built.second_inputs for warning in second.warnings()]
        for remark in built.remarks:
            if warning := remark.warning(number, plan.source.byte_dialect, located=is_input):
                byte = None if warning.byte is None else plan.source.byte(warning.byte)
                found.append(replace(warning, byte=byte))
    return found
