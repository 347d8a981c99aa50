"""filter: keep the records that meet conditions."""

from __future__ import annotations

from contextlib import contextmanager
from itertools import compress, count
from typing import TYPE_CHECKING, Any

from csvapi.csvio.batch import Batch, Mask
from csvapi.steps.asked import not_comparable, text_comparison
from csvapi.steps.column_pairs import ColumnPair, incomparable
from csvapi.steps.condition_texts import called, clipped, shown
from csvapi.steps.conditions import FEW, NEGATIVE, All, Leaf, Node, Not, Text, among, any_of, inverse, text_test
from csvapi.steps.currencies import currencies
from csvapi.steps.emptiness import EmptyCell, EmptyRecord, blank_cells, blank_records, empty_cell
from csvapi.steps.filter_params import BARE, COMPARISONS, PAIRS, Params, columns, names_column
from csvapi.steps.fitting import fitting
from csvapi.steps.named_values import NamesColumn, names_another
from csvapi.steps.params import compiled
from csvapi.steps.selecting import Selector
from csvapi.steps.step import Operation
from csvapi.steps.typed import AnyOf, Typed, TypedLeaf
from csvapi.steps.values import as_text, format_of, kind_of, value_in
from csvapi.steps.writing import byte_dialect_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from csvapi.steps.step import Context, Counts
    from csvapi.steps.values import Format

_Asking = Leaf | TypedLeaf | ColumnPair | EmptyCell | EmptyRecord | NamesColumn
_FILLED = {"operator": "not_empty", "spaces": True}  # what drop_blank_records asks of each record


class Filter(Selector):
    """Keeps the records for which every part holds.

    A number is compared exactly, `007` is the number 7, and a cell that is none meets no condition but `!=`; under
    `auto`, `==` and `in` take a cell with leading zeros for a code that equals no number. NaN and INF are no numbers. A
    date is ISO 8601, or of the format that is given.

    With `{"column": "b"}` in place of a value the cells of two columns are compared: under `auto` two numbers as
    numbers, two dates as dates; others are equal if their texts are, and have no order. Without a column, `is_empty`
    holds for records that have nothing in any field; `drop_blank_records` drops those and the ones of nothing but white
    space, before any condition is looked at. One pass, stateless; memory: the answers for 10,000 cells of each
    condition.
    """

    def __init__(self, params: dict[str, Any], context: Context, pointer: str) -> None:
        self.context = context
        self.counted: list[tuple[str, _Asking]] = []  # conditions in doubt, with their pointers
        if "where" in params:
            where = params["where"]
            parts = where["all"] if set(where) == {"all"} else [where]
            at = f"{pointer}/where/all/" if set(where) == {"all"} else f"{pointer}/where"
            pointers = [f"{at}{i}" if at.endswith("/") else at for i in range(len(parts))]
        else:
            parts = params.get("filters", [])
            pointers = [f"{pointer}/filters/{number}" for number in range(len(parts))]
        if params.get("drop_blank_records"):
            parts, pointers = [_FILLED, *parts], [f"{pointer}/drop_blank_records", *pointers]
        self.parts = [self._node(part, at) for part, at in zip(parts, pointers, strict=True)]
        self.remarks = [leaf.asked for _, leaf in self.counted if leaf.asked]
        self.remarks += [each for _, leaf in self.counted if isinstance(leaf, TypedLeaf) for each in leaf.currencies]
        self.reasons = ()
        self.first_reason: list[int] = []  # by part; a typed one has a second reason
        for part, node in zip(parts, self.parts, strict=True):
            self.first_reason.append(len(self.reasons))
            self.reasons += ("all its fields are blank" if part is _FILLED else f"not {clipped(shown(part))}",)
            if isinstance(node, TypedLeaf):
                kinds = " or ".join(node.test.kinds)
                self.reasons += (f"{clipped(called(part['column']))} is no {kinds}",)

    def keep(self, batch: Batch) -> Mask:
        """See `Selector.keep`."""
        return All(self.parts).mask(batch)

    def why(self, dropped: Batch) -> bytes:
        """The number of the reason: of the first part that does not hold. What was counted stays as it is."""
        answers = bytearray(len(dropped))
        left: Sequence[int] = range(len(dropped))
        with self._uncounted():
            for part, first in zip(self.parts, self.first_reason, strict=True):
                mask = part.mask(dropped)
                misses = part.misses(dropped) if isinstance(part, TypedLeaf) else bytes(len(dropped))
                for index in compress(count(), inverse(mask)):
                    answers[left[index]] = first + misses[index]
                dropped, left = dropped.select(mask), list(compress(left, mask))
                if not left:
                    break
        return bytes(answers)

    @contextmanager
    def _uncounted(self) -> Iterator[None]:
        asked = [leaf.asked for _, leaf in self.counted]
        for _, leaf in self.counted:
            leaf.asked = None
        yield
        for (_, leaf), before in zip(self.counted, asked, strict=True):
            leaf.asked = before

    def counts(self) -> Counts:
        """For each typed condition, how many of the cells it was asked about are no such value."""
        typed = [(at, leaf) for at, leaf in self.counted if isinstance(leaf, TypedLeaf | ColumnPair)]
        found = {at: leaf.asked.seen.count for at, leaf in typed if leaf.asked}
        return {"not_comparable": found} if found else {}

    def _node(self, node: dict[str, Any], pointer: str) -> Node:
        if set(node) == {"all"}:
            return All([self._node(part, f"{pointer}/all/{i}") for i, part in enumerate(node["all"])])
        if set(node) == {"any"}:
            return any_of([self._node(part, f"{pointer}/any/{i}") for i, part in enumerate(node["any"])])
        if set(node) == {"not"}:
            return Not(self._node(node["not"], f"{pointer}/not"))
        return self._leaf(node, pointer)

    def _leaf(self, leaf: dict[str, Any], pointer: str) -> Node:
        name = leaf["operator"]
        positive = NEGATIVE.get(name, name)
        if "column" not in leaf:
            node: Node = self._empty_record(leaf, pointer)
        else:
            position = self.context.position(leaf["column"], f"{pointer}/column")
            pair = names_column(leaf.get("value"))
            node = (self._pair if pair else self._positive)(positive, leaf, position, pointer)
            node = self._naming(node, positive, leaf, pointer) if isinstance(node, Leaf) else node
        return Not(node) if positive != name else node

    def _pair(self, name: str, leaf: dict[str, Any], position: int, pointer: str) -> Node:
        """With the cell of another column."""
        second = self.context.position(leaf["value"]["column"], f"{pointer}/value/column")
        as_, fold = leaf.get("as", "auto"), "case" in leaf.get("ignore", ())
        pair = ColumnPair(name, position, second, as_, fold, byte_dialect_of(self.context))
        if pair.typed:
            kinds = [pair.format.kind] if pair.format else ["number", "date"]
            names = self.context.columns[position], self.context.columns[second]
            pair.asked = incomparable(*names, kinds, byte_dialect_of(self.context))
            self.counted.append((pointer, pair))
        return pair

    def _naming(self, node: Leaf, name: str, leaf: dict[str, Any], pointer: str) -> Node:
        """The condition, in doubt if its value is the name of another column, with which it could compare."""
        value, column = leaf.get("value"), self.context.columns[node.position]
        if name not in PAIRS or value == column or value not in self.context.columns:
            return node
        naming = names_another(node, name, as_text(value), column)
        self.counted.append((pointer, naming))
        return naming

    def _positive(self, name: str, leaf: dict[str, Any], position: int, pointer: str) -> Node:
        byte_dialect = byte_dialect_of(self.context)
        if name == "is_empty" and leaf.get("spaces"):
            return empty_cell(position, byte_dialect, spaces=True)
        if name == "is_empty" or (name == "==" and leaf["value"] == "" and leaf.get("as", "auto") in ("auto", "text")):
            return self._empty(leaf, position, pointer)
        if name == "matches":
            search = compiled(leaf["value"], "value").search

            def found(cells: Sequence[bytes]) -> list[bool]:
                return [search(cell.decode(byte_dialect.inner, "replace")) is not None for cell in cells]

            return Leaf(position, found, absent=False)
        if name == "in" or name in COMPARISONS:
            return self._comparison(name, leaf, position, pointer)
        return self._text(name, leaf["value"], leaf, position)

    def _empty_record(self, leaf: dict[str, Any], pointer: str) -> EmptyRecord:
        spaces = leaf.get("spaces", False)
        node = EmptyRecord(len(self.context.columns), byte_dialect_of(self.context), spaces)
        if not spaces:
            node.asked = blank_records()
            self.counted.append((pointer, node))
        return node

    def _empty(self, leaf: dict[str, Any], position: int, pointer: str) -> EmptyCell:
        """Empty cells; a field that a record does not have is empty, too, but does not equal an empty text."""
        name, byte_dialect = leaf["operator"], byte_dialect_of(self.context)
        empty = Leaf(position, Text("==", b""), absent=name in BARE)
        node = EmptyCell(empty, byte_dialect, blank_cells(self.context.columns[position], name))
        self.counted.append((pointer, node))
        return node

    def _comparison(self, name: str, leaf: dict[str, Any], position: int, pointer: str) -> Node:
        """The comparison with one value, or with each value of `in` as `==` would: texts one by one, numbers and dates
        together.

        A cell that is none of the kinds of the values cannot be compared, unless one of the values is a text.
        """
        values = leaf["value"] if name == "in" else [leaf["value"]]
        name, as_ = "==" if name == "in" else name, leaf.get("as", "auto")
        texts: list[Any] = []
        typed: dict[Format, list[Any]] = {}
        for value in values:
            form = format_of(kind_of(value) if as_ == "auto" else as_)
            if form is None:
                texts.append(value)
            else:
                typed.setdefault(form, []).append(value_in(value, form))
        nodes = self._texts(name, texts, leaf, position, pointer)
        if typed:
            compared = self._typed(name, typed, position, codes=as_ == "auto" and name == "==")
            nodes.append(compared)
            if not texts:  # else a cell that is of no kind may be a text
                column = self.context.columns[position]
                compared.asked = not_comparable(column, compared.test.kinds, byte_dialect_of(self.context))
                compared.currencies = currencies(column, next(iter(typed)), byte_dialect_of(self.context))
                self.counted.append((pointer, compared))
        return nodes[0] if len(nodes) == 1 else any_of(nodes)

    def _typed(self, name: str, typed: dict[Format, list[Any]], position: int, *, codes: bool) -> TypedLeaf:
        """The comparisons with the values of each format."""
        byte_dialect = byte_dialect_of(self.context)
        tests = [
            Typed(name, tuple(given), form, byte_dialect, codes=codes and form.kind == "number")
            for form, given in typed.items()
        ]
        return TypedLeaf(position, tests[0] if len(tests) == 1 else AnyOf(tests), None)

    def _texts(self, name: str, values: list[Any], leaf: dict[str, Any], position: int, pointer: str) -> list[Node]:
        if len(values) > FEW:
            fold = "case" in leaf.get("ignore", ())
            return [Leaf(position, among(values, byte_dialect_of(self.context), fold=fold), absent=False)]
        nodes = [self._text(name, value, leaf, position) for value in values]
        for value, node in zip(values, nodes, strict=True):
            if leaf.get("as", "auto") == "auto" and name != "==":
                self._doubt(node, as_text(value), pointer)
        return list(nodes)

    def _doubt(self, node: Leaf, value: str, pointer: str) -> None:
        """Count the cells that are put in an order with what looks like a date or number of some format, as text."""
        if fits := fitting("date", value) or fitting("number", value):
            node.asked = text_comparison(self.context.columns[node.position], value, fits)
            self.counted.append((pointer, node))

    def _text(self, name: str, value: Any, leaf: dict[str, Any], position: int) -> Leaf:
        fold = "case" in leaf.get("ignore", ())
        return Leaf(position, text_test(name, value, byte_dialect_of(self.context), fold=fold), absent=False)


OPERATION = Operation(
    name="filter",
    kind="selector",
    stateless=True,
    summary="Keep the records that meet the conditions.",
    purpose="Keep or order records",
    words="where rows search grep regex condition remove delete blank empty lines compare two columns column against",
    params=Params,
    example={"op": "filter", "filters": [{"column": "age", "operator": ">=", "value": 18}]},
    build=Filter,
    columns=columns,
)
