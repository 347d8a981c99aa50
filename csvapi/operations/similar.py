"""similar: records that are nearly the same, to be dropped or to be looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from csvapi.steps.alike import Alike
from csvapi.steps.growth import parts_of_batch, some
from csvapi.steps.params import Alternative, choice, columns_field, whole
from csvapi.steps.ranks import Fullest, KeepField, named, ranks
from csvapi.steps.selecting import KeyedSelector
from csvapi.steps.similar_marks import SimilarMarks
from csvapi.steps.similarity import COLLIDING, MEASURED
from csvapi.steps.step import Operation, Traits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from csvapi.csvio.batch import Batch
    from csvapi.spill.ranked_keys import Entry, RankedKeys
    from csvapi.steps.step import Column, Context, Counts

_TEXTS = 8  # texts that are made of a record besides its cells


class Params(Schema):
    """The parameters of similar."""

    columns = columns_field(required=True, metadata={"description": "The columns that are compared, as one text."})
    method = choice(
        *COLLIDING, *MEASURED,
        description="default fingerprint: the same words in any order; ngram: the same short pieces; phonetic: the "
        "same sounds, in English; edit: few edits; jaro_winkler: the same letters in about the same order.",
        default="fingerprint",
    )  # fmt: skip
    keep = KeepField(
        "first", "last", "fullest",
        metadata={"description": "Drop all records of a group but this one; without it, group and score are added."},
    )  # fmt: skip
    size = whole("For ngram: characters of a piece; default 2.", 1, default=2)
    threshold = fields.Float(
        validate=validate.Range(min=0.5, max=1, error="must be from {min} to {max}."),
        metadata={
            "description": "For edit and jaro_winkler: how alike, from 0.5 to 1 (the same); 0.9 without it.",
            "default": 0.9,
        },
    )
    block = columns_field(
        metadata={"description": "For edit and jaro_winkler: only records with the same words here are compared."}
    )
    prefix = whole(
        "The same without block: only texts that begin with the same characters; default 3 of them.", 1, default=3
    )
    largest = fields.Integer(
        strict=True,
        validate=validate.Range(min=2, max=5_000, error="must be from {min} to {max}."),
        metadata={
            "description": "How many records of a block are compared each with each at most; default 1000.",
            "default": 1000,
        },
    )
    alternatives = (
        Alternative("Same words or sounds", (), ("method",), {"method": {"enum": ["fingerprint", "phonetic"]}}),
        Alternative("Same pieces", ("method",), ("size",), {"method": {"enum": ["ngram"]}}),
        Alternative(
            "Distance within blocks",
            ("method", "block"),
            ("threshold", "largest"),
            {"method": {"enum": list(MEASURED)}},
        ),
        Alternative(
            "Distance after the same beginning",
            ("method",),
            ("prefix", "threshold", "largest"),
            {"method": {"enum": list(MEASURED)}},
        ),
    )

    @validates_schema
    def of_the_method(self, data: dict[str, Any], **_: object) -> None:
        """Refuse what means nothing to the method."""
        measured = data.get("method") in MEASURED
        for name in ("threshold", "block", "prefix", "largest"):
            if name in data and not measured:
                raise ValidationError(f"is for the methods {' and '.join(MEASURED)}.", name)
        if "size" in data and data.get("method") != "ngram":
            raise ValidationError("is for the method ngram.", "size")
        if "block" in data and "prefix" in data:
            raise ValidationError("give either block or prefix.", "prefix")


def columns(params: dict[str, Any]) -> list[tuple[str, Column]]:
    """Every column that the parameters name, with its pointer within the step."""
    compared = [(f"/columns/{number}", column) for number, column in enumerate(params["columns"])]
    block = [(f"/block/{number}", column) for number, column in enumerate(params.get("block", ()))]
    return compared + block + named(params.get("keep"))


def traits(params: dict[str, Any]) -> Traits:
    """How the engine runs it: with keep it selects records, else it writes another file."""
    if "keep" in params:
        return Traits("selector", keyed=True, stateless=True)
    return Traits("reducer", stateless=True, settles=True)


class Similar(KeyedSelector):
    """With keep: whole records, byte for byte; each that goes names the record it is like, and how much."""

    reasons = tuple(f"similar, {hundredths / 100:.2f}" for hundredths in range(101))
    retain = "first"
    ranked = grouped = True

    def __init__(self, params: dict[str, Any], context: Context, pointer: str) -> None:
        self.alike, self.last = Alike.of(params, context, pointer), params["keep"] == "last"
        self.ranks = ranks(params["keep"], context, pointer)
        rank = [*self.ranks.asked.values(), *self.ranks.remarks] if self.ranks else []
        self.remarks = [*self.alike.remarks, *rank]

    def keys(self, batch: Batch) -> list[bytes]:
        """See `KeyedSelector.keys`: of the blocks."""
        return [key or b"" for key in self.alike.keys(batch, self.alike.texts(batch))]

    def rank(self, batch: Batch, sink: RankedKeys) -> None:
        """See `KeyedSelector.rank`: a record that is compared with no other is not given."""
        if self.ranks is None:
            batch = self.alike.enter_words(batch, sink, last=self.last)
            self.heartbeat()
        for few in self._parts(batch, _TEXTS + len(self.alike.positions)):
            made = self.ranks.of(few) if self.ranks else self.alike.places(few, sink, last=self.last)
            self.alike.enter(few, sink, made)
            self.heartbeat()

    @property
    def _parts(self) -> Callable[[Batch, int], Iterator[Batch]]:
        """Records are made objects where ranks go by all of their fields; else their cells alone."""
        return some if isinstance(self.ranks, Fullest) else parts_of_batch

    def repeats(self, entries: Iterator[Entry], bases: list[int]) -> Iterator[tuple[int, int, int]]:
        """See `KeyedSelector.repeats`."""
        for row, leader, score, _ in self.alike.clusters(self.heartbeat).of(entries, bases):
            if row != leader:
                yield row, leader, int(score * 100)

    def counts(self) -> Counts:
        """See `Behaviour.counts`."""
        asked = self.ranks.asked if self.ranks else {}
        found = {pointer: remark.seen.count for pointer, remark in asked.items()}
        return {"not_comparable": found} if found else {}


def build(params: dict[str, Any], context: Context, pointer: str) -> Similar | SimilarMarks:
    """The cells of `columns`, with a space between them, are compared without regard to case and space. Records are
    alike by their keys (fingerprint, ngram, phonetic: as OpenRefine makes them, without accents and punctuation) or by
    a distance (edit: 1 minus the edits per character of the longer text; jaro_winkler), which is measured within
    blocks. A record joins the group of the one before it that is most like it and leads a group; it is as alike to that
    one as `threshold` says, so that small differences make no chain. A record with nothing to compare is like no other.

    Without `keep` all records come out with `group`, the row of the one that leads their group, and `score`, how like
    it they are by edits (jaro_winkler: by that) of the first 1,000 characters; both are empty for a record that is
    alone. With `keep` the record that is kept leads; the others go, each with that row and the score in its
    explanation, and the records that stay keep their bytes.

    A block of more than `largest` records, and a text of more than 1,000 characters, is not compared by a distance, and
    that is a warning. One pass, and sorts in the workspace; memory: the budget, and a block.
    """
    return (Similar if "keep" in params else SimilarMarks)(params, context, pointer)


OPERATION = Operation(
    name="similar",
    kind="mapper",
    summary="Find records that are nearly the same: drop all but one of them, or mark them.",
    purpose="Find duplicates",
    words="fuzzy near-duplicates likely duplicates match typos spelling companies names cluster",
    params=Params,
    example={"op": "similar", "columns": ["email"], "method": "edit", "threshold": 0.8},
    build=build,
    columns=columns,
    traits=traits,
)
