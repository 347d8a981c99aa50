"""The structures that kernel.c shares with Python."""

from __future__ import annotations

import ctypes
from ctypes import c_char, c_char_p, c_int64, c_uint32, c_uint64, c_void_p


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
