"""Random pipelines over the catalogue: a new operation is among them by its schema and its example."""

from __future__ import annotations

from copy import deepcopy
from itertools import count
from typing import TYPE_CHECKING, Any

from csvapi.api.step_schemas import schema_of
from csvapi.operations import catalogue
from csvapi.steps.step import Operation

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

Step = dict[str, Any]
COLUMNS = ["email", "age", "id"]  # of the examples
TEXTS = ["", "a", "1", "7", "2024-01-31", "email", "x@", "e"]
_MOST = 4  # steps


class Drawing:
    """Values of a JSON Schema, drawn from a source; `files` are the ids of other files."""

    def __init__(self, source: Random, files: list[int]) -> None:
        self.source, self.files = source, files

    def step(self, operation: Operation) -> Step:
        """The example with a parameter changed or added, or anything that the schema allows."""
        schema = self._resolved(schema_of(operation.name), schema_of(operation.name))
        names = [name for name in schema.get("properties", {}) if name != "op"]
        step = deepcopy(operation.example)
        if not names or self.source.random() < 0.2:
            return step if self.source.random() < 0.5 else {**self.value(schema, schema), "op": operation.name}
        name = self.source.choice(names)
        return {**step, name: self.value(schema["properties"][name], schema)}

    def value(self, schema: dict[str, Any], root: dict[str, Any]) -> Any:
        """Any value, small ones."""
        schema = self._resolved(schema, root)
        if "format" in schema:
            columns = [*COLUMNS, {"index": self.source.randrange(1, 4)}]
            return self.source.choice(self.files if schema["format"] == "csvapi-file" else columns)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self.source.choice(schema["enum"])
        if "oneOf" in schema:
            return self.value(self.source.choice(schema["oneOf"]), root)
        kind = schema.get("type")
        if kind == "object":
            return self._object(schema, root)
        if kind == "array":
            return [self.value(schema.get("items", {}), root) for _ in range(self.source.randrange(1, 3))]
        return self._single(str(kind), schema)

    def _single(self, kind: str, schema: dict[str, Any]) -> Any:
        least, most = schema.get("minimum", 0), schema.get("maximum", 20)
        if kind == "integer":
            return self.source.randrange(int(least), min(int(most), int(least) + 20) + 1)
        if kind == "number":
            return self.source.choice([least, most, (least + most) / 2])
        return self.source.random() < 0.5 if kind == "boolean" else self.source.choice([*COLUMNS, *TEXTS])

    def _object(self, schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
        parts = schema.get("properties", {})
        must = schema.get("required", [])
        chosen = [name for name in parts if name in must or self.source.random() < 0.3]
        return {name: self.value(parts[name], root) for name in chosen}

    def _resolved(self, schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema or "allOf" in schema or ("oneOf" in schema and schema is root):
            if "$ref" in schema:
                schema = {
                    **root["$defs"][schema["$ref"].rsplit("/", 1)[1]],
                    **{k: v for k, v in schema.items() if k != "$ref"},
                }
            elif "allOf" in schema:
                rest = {name: each for name, each in schema.items() if name != "allOf"}
                for each in schema["allOf"]:
                    rest = {**self._resolved(each, root), **rest}
                schema = rest
            else:
                one = self._resolved(self.source.choice(schema["oneOf"]), root)
                return {**one, "$defs": root.get("$defs", {})}
        return {**schema, "$defs": root.get("$defs", {})} if schema is root else schema


def pipelines(source: Random, files: list[int]) -> Iterator[list[Step]]:
    """Without end; every operation of the catalogue is the last step of one, again and again."""
    drawing, operations = Drawing(source, files), list(catalogue().values())
    first = [each for each in operations if not each.last and each.kind in ("selector", "mapper", "sorter")]
    for number in count():
        before = source.choices(first, k=source.randrange(_MOST))
        yield [drawing.step(each) for each in (*before, operations[number % len(operations)])]
