"""Which properties a Table Schema may have: those `validate` honours, those that only describe, and the others.

A property that would change what is valid, and that `validate` does not know, is refused, as is one whose name is close
to a known one: it is misspelt. Any other means nothing to a validator; it is ignored with a warning.

Source: Table Schema 1.0, https://specs.frictionlessdata.io/table-schema/, and what 2.0 adds to it,
https://datapackage.org/standard/table-schema/.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from marshmallow import ValidationError

from csvapi.steps.remarks import Remark, Sighting

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_CLOSE = 0.75  # of difflib's ratio: `typ` and `tpye` are close to `type`
_DESCRIPTIVE = frozenset(("title", "description", "example", "rdfType", "$schema"))


@dataclass(frozen=True)
class Place:
    """One kind of object in a schema; `refused` says for each name that is known, but not honoured, what to do."""

    honoured: frozenset[str]
    refused: Mapping[str, str] = field(default_factory=dict)

    def unknown(self, given: Mapping[str, Any]) -> list[str]:
        """The properties that are neither honoured nor descriptive, in one order whatever order they were given in."""
        return sorted(name for name in given if name not in self.honoured and not _describes(name))


_LATER = "is not supported; leave it out."
CONSTRAINT = Place(
    frozenset(("required", "unique", "enum", "pattern", "minimum", "maximum", "minLength", "maxLength")),
    dict.fromkeys(("exclusiveMinimum", "exclusiveMaximum", "jsonSchema"), _LATER),
)
FIELD = Place(
    frozenset(
        ("name", "type", "format", "constraints", "decimalChar", "groupChar", "bareNumber", "trueValues", "falseValues")
    ),
    {
        **dict.fromkeys(CONSTRAINT.honoured, "is a constraint; put it into constraints."),
        **CONSTRAINT.refused,
        **dict.fromkeys(("categories", "categoriesOrdered"), "is not supported; give the values as constraints.enum."),
        "missingValues": "is not supported here; give it for the whole schema.",
        **dict.fromkeys(("delimiter", "itemType"), _LATER),
    },
)
SCHEMA = Place(
    frozenset(("fields", "missingValues", "primaryKey")),
    {
        "foreignKeys": "is not supported; leave it out. A join with how: anti shows what is missing in the other file.",
        "uniqueKeys": "is not supported; give primaryKey, or constraints.unique for one field.",
        "fieldsMatch": "is not supported; columns are matched by name, and the file may have more of them.",
    },
)


def check(place: Place, given: Mapping[str, Any]) -> None:
    """Raises `ValidationError` for the first property that must not be ignored."""
    from difflib import get_close_matches  # to start fast without it

    for name in place.unknown(given):
        if name in place.refused:
            raise ValidationError(place.refused[name], name)
        known = {each.lower(): each for each in (*place.honoured, *place.refused, *_DESCRIPTIVE)}
        if close := get_close_matches(name.lower(), known, 1, _CLOSE):
            raise ValidationError(f"is not known; is {known[close[0]]} meant?", name)
        if place is CONSTRAINT:  # to ignore it would be to say that it holds
            raise ValidationError(f"is not known; the constraints are {', '.join(sorted(place.honoured))}.", name)


def unknown_properties(schema: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Pointers, from the schema on, and names of the properties that are ignored without being descriptive."""
    return [(f"{at}/{_escaped(name)}", name) for at, place, given in _objects(schema) for name in place.unknown(given)]


class UnknownProperty(Remark):
    """A remark about a property that the schema has and `validate` ignores; known before any record is read."""

    def reported(self) -> Sighting:
        """Always a count of one, because the property is in the schema and not in a record."""
        return Sighting(1)


def unknown_remarks(schema: Mapping[str, Any]) -> list[UnknownProperty]:
    """One for each name: of a schema with many fields the same property is in all of them."""
    found: dict[str, list[str]] = {}
    for pointer, name in unknown_properties(schema):
        found.setdefault(name, []).append(pointer)
    return [UnknownProperty("unknown_property", partial(_describe, name, at)) for name, at in found.items()]


def _describe(name: str, pointers: list[str], _: Sighting) -> tuple[str, str]:
    more = f" and {len(pointers) - 1} more" if len(pointers) > 1 else ""
    detail = f"the schema's property {name!r} (at {pointers[0]}{more}) is not known and was not used"
    return detail, "leave it out, or name it with x- before it"


def _objects(schema: Mapping[str, Any]) -> Iterator[tuple[str, Place, Mapping[str, Any]]]:
    yield "", SCHEMA, schema
    for number, each in enumerate(schema["fields"]):
        yield f"/fields/{number}", FIELD, each


def without_descriptions(place: Place, given: dict[str, Any]) -> dict[str, Any]:
    """The properties that are used, and those that are not known; the descriptive ones are left out."""
    return {name: given[name] for name in (*(each for each in given if each in place.honoured), *place.unknown(given))}


def _describes(name: str) -> bool:
    return name in _DESCRIPTIVE or ":" in name or name.startswith("x-")


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
