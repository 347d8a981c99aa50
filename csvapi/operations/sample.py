"""sample: some records, chosen at random but repeatably."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from csvapi.steps.params import Alternative, whole
from csvapi.steps.selecting import Selector, Student
from csvapi.steps.step import Operation, Traits

if TYPE_CHECKING:
    from csvapi.csvio.batch import Batch, Mask
    from csvapi.steps.step import Context, Counts


class Params(Schema):
    """The parameters of sample."""

    size = whole("How many records stay; all, where there are no more.", 0)
    fraction = fields.Float(
        validate=validate.Range(min=0, max=1, error="must be between 0 and 1."),
        metadata={"description": "The probability with which each record stays."},
    )
    seed = whole("The same seed gives the same sample of the same records; default 0.", 0, default=0)
    alternatives = (Alternative("By size", ("size",)), Alternative("By fraction", ("fraction",)))

    @validates_schema
    def one_way(self, data: dict[str, Any], **_: object) -> None:
        """Refuse anything but one of size and fraction."""
        if ("size" in data) == ("fraction" in data):
            raise ValidationError("give either size or fraction.", "size")


def traits(params: dict[str, Any]) -> Traits:
    """How the engine runs it: with a pass to count the records if a size is given."""
    return Traits("selector", studies="size" in params)


class Sample(Student, Selector):
    """Decides record by record, in their order. One pass, for `size` one more to know how many there are; no memory.

    With `size`, record by record with the probability that the rest must give the rest of the sample, so that every
    sample is as likely as any other: Knuth, The Art of Computer Programming, volume 2, 3.4.2, algorithm S.
    The numbers are the Mersenne Twister's, which Python keeps the same from version to version.
    """

    reasons = ("not in the sample",)

    def __init__(self, params: dict[str, Any], context: Context, pointer: str) -> None:
        self.params = params
        self.prepare(None)

    def prepare(self, workspace: object) -> Counts:
        """Begin the random numbers anew. See `Behaviour.prepare`."""
        self.random = Random(self.params.get("seed", 0)).random  # noqa: S311  a sample is no secret
        self.left = 0
        self.wanted = self.params.get("size", 0)
        return {}

    def study(self, batch: Batch) -> None:
        """Count the records. See `Student.study`."""
        self.left += len(batch)

    def keep(self, batch: Batch) -> Mask:
        """See `Selector.keep`."""
        if "fraction" in self.params:
            fraction = self.params["fraction"]
            return bytes(self.random() < fraction for _ in range(len(batch)))
        return bytes(self._draw() for _ in range(len(batch)))

    def _draw(self) -> bool:
        taken = bool(self.left * self.random() < self.wanted)
        self.left -= 1
        self.wanted -= taken
        return taken


OPERATION = Operation(
    name="sample",
    kind="selector",
    summary="Keep a random sample, the same one for the same seed.",
    purpose="Keep or order records",
    words="random review check subset",
    params=Params,
    example={"op": "sample", "size": 1000, "seed": 7},
    build=Sample,
    traits=traits,
)
