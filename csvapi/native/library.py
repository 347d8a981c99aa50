"""The functions of kernel.c with the types of their arguments, and the structures they share with Python."""

from __future__ import annotations

import ctypes
from ctypes import POINTER, c_char, c_char_p, c_int, c_int64, c_uint32, c_uint64, c_void_p
from functools import cache
from typing import Any

from csvapi.native.loader import load, why

SLACK = 128  # bytes after a text that functions may read, whatever is in them


class FormStruct(ctypes.Structure):
    """`form` of kernel.c."""

    _fields_ = (
        *((name, c_uint32) for name in ("delimiter", "quote", "doubled", "text", "width", "comment")),
        ("undefined", c_uint64 * 2),
    )


class StyleStruct(ctypes.Structure):
    """`style` of rewriting.inc."""

    _fields_ = tuple((name, c_uint32) for name in ("delimiter", "quote", "all", "same", "line_end", "unused"))


class TextsStruct(ctypes.Structure):
    """`texts` of rewriting.inc."""

    _fields_ = (("text", c_char_p), ("lengths", c_void_p), ("at", c_uint64))


class FrameStruct(ctypes.Structure):
    """`frame` of objects.inc."""

    _fields_ = (("parts", c_char_p), ("ends", c_void_p), ("table", c_char_p))


class LookupStruct(ctypes.Structure):
    """`lookup` of joining.inc."""

    _fields_ = (*((name, c_void_p) for name in ("entries", "starts", "texts")), ("bits", c_uint64))


class ProgressStruct(ctypes.Structure):
    """`progress` of joining.inc."""

    _fields_ = tuple((name, c_uint64) for name in ("record", "match", "pairs", "needed"))


class TakenStruct(ctypes.Structure):
    """`taken` of joining.inc."""

    _fields_ = tuple((name, c_uint64) for name in ("records", "count", "used", "referred", "state"))


class FoundStruct(ctypes.Structure):
    """`found` of kernel.c."""

    _fields_ = tuple((name, c_uint64) for name in ("records", "size", "lines", "quotes", "place", "reason"))


class RecordsStruct(ctypes.Structure):
    """`records` of kernel.c."""

    _fields_ = (
        *((name, c_void_p) for name in ("text", "ends", "quotes", "hidden")),
        ("records", c_uint64),
        ("size", c_uint64),
        ("form", FormStruct),
    )


class BlockStruct(ctypes.Structure):
    """`block` of sorting.inc."""

    _fields_ = (
        ("memory", c_void_p),
        *((name, c_uint64) for name in ("size", "used", "count", "longest", "sorted")),
    )


class GroupStruct(ctypes.Structure):
    """`group` of grouping.inc."""

    _fields_ = (
        ("key", c_void_p),
        *((name, c_uint64) for name in ("room", "size", "count", "groups")),
        ("special", c_uint64 * 4),
        ("ends", c_char_p),
        ("offsets", c_void_p),
        ("known", c_uint64),
    )


class StringsStruct(ctypes.Structure):
    """`strings` of sorting.inc."""

    _fields_ = (("text", c_char_p), ("lengths", c_void_p), ("taken", c_uint64), ("at", c_uint64))


class KeyColumnStruct(ctypes.Structure):
    """`key_column` of sorting.inc."""

    _fields_ = tuple((name, c_uint32) for name in ("column", "number", "descending", "empty_first"))


class RunStruct(ctypes.Structure):
    """`run` of sorting.inc."""

    _fields_ = (("data", c_void_p), *((name, c_uint64) for name in ("size", "at", "ended")))


class CounterStruct(ctypes.Structure):
    """`counter` of profiling.inc."""

    _fields_ = (
        *((name, c_void_p) for name in ("slots", "values", "texts")),
        *((name, c_uint64) for name in ("capacity", "most", "room", "used", "size", "empty")),
    )


_WRITTEN = 24
SCALES = 19  # decimals of a number of up to 18 digits, and none


class ExtremeStruct(ctypes.Structure):
    """`extreme` of profiling.inc."""

    _fields_ = (("number", c_int64), ("text", c_char * _WRITTEN))


class KindStruct(ctypes.Structure):
    """`of_kind` of profiling.inc."""

    _fields_ = (
        ("count", c_uint64),
        ("low", c_uint64),
        ("high", c_int64),
        ("least", ExtremeStruct),
        ("most", ExtremeStruct),
    )


class SummaryStruct(ctypes.Structure):
    """`summary` of profiling.inc."""

    _fields_ = (
        ("empty", c_uint64),
        ("longest", c_uint64),
        ("first_bytes", c_uint64 * 2),
        ("least", c_uint32),
        ("most", c_uint32),
        ("stranger", c_uint32 * 3),
        ("unknown", c_uint32),
        ("below", c_uint32),
        ("lost", c_uint32),
        ("kinds", KindStruct * (SCALES + 1)),
    )


class BucketsStruct(ctypes.Structure):
    """`buckets` of buckets.inc."""

    _fields_ = (
        ("slots", c_void_p),
        *((name, c_uint64) for name in ("bits", "most", "used", "factor")),
        *((name, c_int64) for name in ("number_width", "moment_width")),
    )


class RulesStruct(ctypes.Structure):
    """`rules` of checking.inc."""

    _fields_ = (
        *((name, c_uint32) for name in ("kind", "empty", "scales", "then")),
        ("fewest", c_uint64),
        ("most", c_uint64),
        ("low", c_int64 * SCALES),
        ("high", c_int64 * SCALES),
    )


_P, _N, _W, _I = c_void_p, c_uint64, c_uint32, c_int  # memory, a size or count, a word, a flag
_MASK = [_P, _W]
_FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    "best_level": (_W, []),
    "scan": (None, [_P, _N, _I, _P, _W, _P, _P, _P, _P]),
    "record_ends": (None, [_P, _N, _P]),
    "record_lengths": (None, [_P, _P]),
    "count_lines": (_N, [_P, _N, _N]),
    "count_lines_of": (_N, [_P, *_MASK]),
    "count_equal": (_N, [_P, c_char_p, _N, POINTER(_N)]),
    "put_cells": (_N, [_P, *_MASK, _P, _N, _P]),
    "compare_texts": (None, [_P, *_MASK, _N, _I, c_char_p, _N, _P, _P]),
    "compare_numbers": (_N, [_P, *_MASK, _N, _W, _P, _P, _P]),
    "unsure_numbers": (_N, [_P, *_MASK, _N, _P]),
    "put_records_sorted": (_N, [_P, *_MASK, _N, _P, _N, c_char_p, _P, c_char_p, _N, _P, _P]),
    "put_items": (_N, [_P, _N, _P, _P]),
    "put_counts": (_N, [_P, _N, _P]),
    "put_groups": (_N, [_P, _N, _N, _I, _P, _P, POINTER(_I)]),
    "sort_items": (None, [_P]),
    "take_items": (_N, [_P, _N, _I, _P, _N, POINTER(_N)]),
    "merge_runs": (_N, [_P, _N, _I, _P, _N, POINTER(_N), POINTER(_I)]),
    "spread": (_N, [_P, _N, _P, _P]),
    "pack": (_N, [_P, _N, _P, _P]),
    "put_records": (_N, [_P, *_MASK, _P, _N, _P, _N, _N, _P, _P]),
    "change_cells": (_N, [_P, *_MASK, _P, _N, _W, c_char_p, c_char_p, _N, _P, _P, _P, _P, POINTER(_N)]),
    "put_objects": (_N, [_P, *_MASK, _P, _N, _N, POINTER(_N), POINTER(_N), POINTER(_N), _P, _N]),
    "fit_records": (_N, [_P, *_MASK, _N, _N, _N, _N, POINTER(_N), POINTER(_N)]),
    "put_columns": (_N, [_P, *_MASK, _N, _N, _P, _P, _P]),
    "gather": (_N, [_P, *_MASK, _I, _P, POINTER(_N)]),
    "gather_lengths": (_N, [_P, _N, _P, _N, *_MASK, _I, _P, POINTER(_N), POINTER(_N)]),
    "digests": (None, [_P, *_MASK, _P, _N, _P, _P, _N, _P]),
    "digest_keys": (None, [_P, _P, _N, _P, _P]),
    "mark_digest": (_N, [_P, _N, *_MASK, _P, _W, _P]),
    "scatter": (_N, [_P, _N, _N, *_MASK, _N, _W, _P, _N, _P]),
    "split": (_N, [_P, _N, _N, _N, _W, _W, _P, _N, _P]),
    "count_values": (_N, [_P, *_MASK, _N, _N, _P, _P, _P]),
    "summarise": (None, [_P, *_MASK, _N, _P, _N, _P, _P, _P, _P, _N, _P, _P, _P]),
    "check_cells": (None, [_P, *_MASK, _N, _P, _P, _P, _P, _P, POINTER(_N)]),
    "summarise_values": (None, [_P, _P, _P, _P, _P]),
    "raise_registers": (None, [_P, _P, _N, _P, _P]),
    "add_to_groups": (_N, [_P, *_MASK, _N, _N, _P, _P, _P, _P, _P, _P, POINTER(_N), _P]),
    "put_packed": (_N, [_P, _N, _P]),
    "put_group_lines": (_N, [_P, _N, _N, _P, _P, POINTER(_I)]),
    "hash_texts": (None, [_P, _P, _N, _P]),
    "put_entries": (_N, [_P, *_MASK, _N, _P, c_char_p, _P, _P, POINTER(_N)]),
    "mark_later": (_N, [c_char_p, _N, _P, _P, _N, _W, _P, _P, _N, POINTER(_N)]),
    "skip_same": (_N, [_P, _N, _P, _P, POINTER(_N)]),
    "shorten_entries": (_N, [_P, _N, _P]),
    "number_entries": (None, [_P, _N, _N, _P, _P, _P]),
    "put_marked": (_N, [_P, _P, _P, _N, _P, _N, _P, _P]),
    "mark_rows": (_N, [_P, _P, _N, _W, _P, _P, _N]),
    "sort_entries": (_N, [_P, _N, _W, _W, _N, _P, _P]),
    "mark_starts": (_N, [_P, _N, _N, _W, POINTER(_N), _P, _N, POINTER(_N)]),
    "find_digests": (_N, [_P, _P, _N, _N, *_MASK, _P, _P, _P, POINTER(_N)]),
    "put_texts": (_N, [_P, _P, _P, _P, _N, _P, _N, _P, _P, POINTER(_N)]),
    "group_texts": (_N, [_P, _N, _N, _P, _W, _P, _N, _P, _P]),
    "put_answers": (_N, [_P, _P, _N, _N, _N, _P, _N, POINTER(_N)]),
    "take_answers": (_N, [_P, _N, _N, _N, _P, _P, _P, _N, _P, _N, _P]),
    "put_joined": (_N, [_P, *_MASK, _P, _P, _I, c_char_p, _N, _N, _N, _P, _P, _N]),
    "resolve": (_N, [_P, _N, _I, _I, _P, _N, _N, POINTER(_N), _W, _P, _P, _N, _N, POINTER(_N)]),
}


@cache
def kernel() -> ctypes.CDLL:
    """The library, ready to be called. Raises `RuntimeError` where there is none: ask `loader.load()` first."""
    library = load()
    if library is None:
        raise RuntimeError(f"There is no kernel: {why()}")
    for name, (result, arguments) in _FUNCTIONS.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


@cache
def best_level() -> int:
    """The best level of scanning that this machine has: 0 any, 1 SSE2, 2 AVX2."""
    return int(kernel().best_level())
