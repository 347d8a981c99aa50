"""Steps built for one file, and how many passes over it they need.

A keyed step (dedup, unique) can only decide when it has seen every key, so a pass ends with it and the next pass begins
after it. Each record has a decision, one byte: 0 while it stays, else a code that names step and reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from csvapi.csvio.preview import Head, head
from csvapi.csvio.source import Source
from csvapi.errors import TooLarge
from csvapi.steps.gathering import Gatherer
from csvapi.steps.mapping import Expander, Headed
from csvapi.steps.output import form, rewrite
from csvapi.steps.selecting import KeyedSelector
from csvapi.steps.step import Context, Step

if TYPE_CHECKING:
    from pathlib import Path

    from csvapi.csvio.dialect import Dialect
    from csvapi.engines.options import Options
    from csvapi.steps.behaviour import Behaviour
    from csvapi.steps.rewrite import Rewrite
    from csvapi.steps.step import OtherFile

Files = Mapping[Any, "OtherFile"]
KEPT, RAGGED = 0, 1
_CODES = 256


@dataclass(frozen=True)
class Pass:
    """Steps `begin` to `end` are decided on it; a study pass shows what they leave to the step after them,
    and a pass that asks gives it the keys of that."""

    begin: int
    end: int
    what: Literal["keys", "study", "ask", "write"]


@dataclass
class Plan:
    """`codes` maps a decision to its step's number (from 1; 0 for a ragged record) and the reason.

    `after` is what the columns and the byte dialect of the output are; `before` counts the steps of the stages before
    this one.
    """

    source: Source
    head: Head
    steps: list[Step]
    built: list[Behaviour]
    after: Context
    rewriting: Rewrite | None = None
    before: int = 0
    codes: list[tuple[int, str]] = field(default_factory=list)
    first_code: list[int] = field(default_factory=list)
    bare: bool = False

    @classmethod
    def of(
        cls,
        path: Path,
        dialect: Dialect,
        steps: list[Step],
        options: Options,
        files: Files | None = None,
        *,
        last: bool = True,
        columns: list[str] | None = None,
    ) -> Plan:
        """Read the header and build the steps. Raises `MalformedCsv` for the header, and what `Operation.build` may
        raise."""
        source = Source.open(path, dialect)
        first = head(source, limit=options.max_record, most=options.max_columns)
        return cls.over(source, first, steps, options, files, last=last, columns=columns)

    @classmethod
    def over(
        cls,
        source: Source,
        first: Head,
        steps: list[Step],
        options: Options,
        files: Files | None = None,
        *,
        last: bool = True,
        columns: list[str] | None = None,
    ) -> Plan:
        """The same of a source whose header was read."""
        if columns is not None:  # of a file whose first records may be shorter than others
            missing = [b""] * (len(columns) - len(first.fields))
            first = replace(first, columns=columns, fields=first.fields + missing)
        source = replace(source, known_width=len(first.columns))
        if len(first.columns) > options.max_columns:
            detail = f"The file has {len(first.columns)} columns; the limit is {options.max_columns}."
            raise TooLarge(detail, limit=options.max_columns)
        context = Context(
            first.columns,
            source.byte_dialect.dialect.header,
            source.byte_dialect.without_comments(),
            files or {},
            options.max_record,
            options.partial,
            options.file_name,
            options.keys,
        )
        built: list[Behaviour] = []
        for step in steps:
            built.append(step.build(context))
            context = built[-1].after or context
        changes = form(options.output) if last else {}
        rewriting = rewrite(changes, context) if changes else None
        plan = cls(source, first, steps, built, rewriting.after if rewriting else context, rewriting)
        plan._code_reasons()
        return plan

    def _code_reasons(self) -> None:
        """One code per reason, or where that makes too many, one per step."""
        reasons = [built.reasons for built in self.built]
        if sum(map(len, reasons)) > _CODES - 2:
            reasons = [each[:1] and ("the conditions do not hold",) for each in reasons]
        self.codes = [(0, "kept"), (0, "ragged")]
        for number, each in enumerate(reasons, start=1):
            self.first_code.append(len(self.codes))
            self.codes += [(number, reason) for reason in each]

    def code(self, step: int, reason: int) -> int:
        """The decision of a record that `step` (from 0) drops for its `reason`-th reason."""
        first = self.first_code[step]
        return first + (reason if first + reason < len(self.codes) and self.codes[first + reason][0] == step + 1 else 0)

    @property
    def passes(self) -> list[Pass]:
        """What each reading of the file is for; those that decide nothing come before the one that writes. Which steps
        ask is known when they are prepared."""
        passes, begin = [], 0
        for number, (step, built) in enumerate(zip(self.steps, self.built, strict=True)):
            if step.traits.keyed:
                passes.append(Pass(begin, number + 1, "keys"))
                begin = number + 1
            elif step.traits.studies:
                passes.append(Pass(begin, number, "study"))
                begin = number
            elif built.asks:
                passes.append(Pass(begin, number, "ask"))
                begin = number
        return [*passes, Pass(begin, len(self.steps), "write")]

    @property
    def top(self) -> bytes:
        """The file's bytes above its first data record; its byte order mark where steps write anew what has none."""
        form = self.source.byte_dialect
        return form.bom if self.bare else self.source.prefix + form.restore(self.head.record)

    def above(self) -> bytes:
        """The output's bytes above its first data record: as they were, or by the last mapper."""
        fields, top = self.head.fields, self.top
        for step in self.headed:
            fields, top = step.head(fields)
        return top

    @property
    def ordered(self) -> bool:
        """Whether some step must see all records one after the other."""
        return not all(step.traits.stateless and not step.traits.studies for step in self.steps)

    def take_names(self) -> None:
        """Once it has run, the columns that the data made (see `Traits.names_from_data`)."""
        if self.steps and self.steps[-1].traits.names_from_data:
            self.after = self.built[-1].after or self.after

    @property
    def gatherer(self) -> Gatherer | None:
        """The last step, where it collects what it writes."""
        last = self.built[-1] if self.built else None
        return last if isinstance(last, Gatherer) else None

    @property
    def expander(self) -> Expander | None:
        """The last step, where it gives a record any number of others."""
        last = self.built[-1] if self.built else None
        return last if isinstance(last, Expander) else None

    @property
    def headed(self) -> list[Headed]:
        """What gives the output its head: steps and output, in order; without any its bytes are the input's."""
        headed = [built for built in self.built if isinstance(built, Headed)]
        return [*headed, self.rewriting] if self.rewriting else headed

    def samples(self, begin: int) -> bool:
        """Whether the step before a pass that begins with step `begin` wants a sample of what it left."""
        before = self.built[begin - 1] if begin else None
        return isinstance(before, KeyedSelector) and before.sampled

    def compares(self, begin: int) -> int:
        """How many of the first records that it left the step before such a pass wants to compare."""
        before = self.built[begin - 1] if begin else None
        return before.compared if isinstance(before, KeyedSelector) else 0
