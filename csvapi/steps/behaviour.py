"""What every operation inherits: the hooks that an engine calls while a step runs, which do nothing by default."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from csvapi.spill.workspace import Workspace
    from csvapi.steps.remarks import Remark
    from csvapi.steps.second_input import SecondInput
    from csvapi.steps.step import Context, Counts


class Behaviour:
    """What one step does to the file that reaches it. `Operation.build` makes one for each step of a pipeline.

    An operation does not inherit from this class but from the one that says what it makes of records:

        selecting.Selector        decides which records stay, batch by batch
        selecting.KeyedSelector   decides over the whole file, by which records have the same key
        mapping.Mapper            makes one record of each record
        mapping.Expander          makes any number of records of each record
        gathering.Gatherer        takes all records and writes them in another order
        gathering.Reducer         takes all records and writes another table
        gathering.Converter       takes all records and writes another format than CSV

    A selector, mapper or gatherer that must have seen every record before it decides is a `selecting.Student`, too.
    `Operation.kind`, or `Traits.kind`, has to agree: "selector", "mapper" (for an `Expander`, too), "sorter" for a
    `Gatherer` and "reducer" for the others.

    This is a complete operation. In a file of its own in csvapi/operations, it is found by its `OPERATION`:

        >>> from marshmallow import Schema
        >>> from csvapi.steps.params import ColumnField
        >>> from csvapi.steps.selecting import Selector
        >>> from csvapi.steps.step import Operation
        >>>
        >>> class Params(Schema):
        ...     column = ColumnField(required=True, metadata={"description": "The column that must be filled."})
        >>>
        >>> class Filled(Selector):
        ...     '''Keeps the records that have something in a column. One pass, stateless; no memory.'''
        ...
        ...     reasons = ("is empty",)
        ...
        ...     def __init__(self, params, context, pointer):
        ...         self.position = context.position(params["column"], f"{pointer}/column")
        ...
        ...     def keep(self, batch):
        ...         return bytes(bool(cell) for cell in batch.column(self.position))
        >>>
        >>> OPERATION = Operation(
        ...     name="filled",
        ...     kind="selector",
        ...     stateless=True,
        ...     summary="Keep the records that have something in a column.",
        ...     purpose="Keep or order records",
        ...     params=Params,
        ...     example={"op": "filled", "column": "email"},
        ...     build=Filled,
        ...     columns=lambda params: [("/column", params["column"])],
        ... )

    An engine goes through a step in this order:

    1. `build`, when columns are checked and when a run begins: it may look at columns (`Context`), and read no records.
       It may raise `InvalidInput`, `UnknownColumn`, `AmbiguousColumn` and `TooLarge`, each with a pointer.
    2. `prepare`, once at the beginning of each run of the stage, in the process that runs the stage. A run that fails
       for a wrong cut between ranges begins again with the same object.
    3. The pass in which the step decides. If all steps of the stage are stateless the file may be read in several
       ranges, each in a forked process with a copy of the step: what it keeps in its attributes stays there. Otherwise
       the process that runs the stage reads the file in one range.
    4. `counts`, at the end of that pass, in the process of the range.

    In every pass after that, a mapper maps the same records again, for the steps after it; `counts` is not asked again.
    So a mapper that depends on the records before must say `Traits.settles`, by which it maps each record once.

    Memory: what a step holds besides the batch that it was given should be within `Workspace.memory`, given to
    `prepare` and `gather`. In a pass a step may raise `TooLarge` (see `steps.growth`), `InvalidInput`, what
    `csvio.disk` raises for a full disk, and what `heartbeat` raises.

    These attributes are set where the step is built, and not changed later:

    after    the columns and the byte dialect that the next step meets; None if they are the same as before this step
    reasons  why a record may be dropped, one short text each. All steps of a stage have 254; where they have more, each
             step has one reason for all
    remarks  what the step counts that it could not do, for warnings (see `steps.remarks`). The engine empties them at
             the beginning of each pass and range, and adds up those of all ranges
    second_inputs   the other files that the step reads; their warnings are reported with the step's
    asks     whether, after `prepare`, a pass must collect keys before this step can be given records (`asking.Asker`)
    """

    after: Context | None = None
    reasons: tuple[str, ...] = ()
    remarks: Sequence[Remark] = ()
    second_inputs: Sequence[SecondInput] = ()

    @property
    def asks(self) -> bool:
        """See above."""
        return False

    heartbeat: Callable[[], None] = staticmethod(lambda: None)
    """Set by the engine before `prepare` and before each pass. A step calls it whenever it has worked for some tenths
    of a second on one batch, so that a run can be cancelled. It may raise, and the step lets that pass through."""

    def prepare(self, workspace: Workspace) -> Counts:
        """Begin a run: set every counter to 0, read the other files, and give what is to be in the receipt already.

        `workspace.folder` is a folder for files, which goes with the run; `workspace.memory` the bytes of memory that
        the step may use. Called once for each run of the stage, before any record is read; what it gives is
        added to what `counts` gives for each range.
        """
        return {}

    def in_range(self, workspace: Path, step: int, number: int) -> AbstractContextManager[object]:
        """While this is open the step, which is number `step` of its stage, is given the records of range `number`."""
        return nullcontext()

    def counts(self) -> Counts:
        """What was counted since `prepare`, for the receipt: numbers by name, or objects of these.

        Called in the process of a range when its records are through; the numbers of all ranges are added up. A
        gatherer is asked once, after `result`. The number named `out` is how many records the step writes, where that
        is another number than it is given.
        """
        return {}
