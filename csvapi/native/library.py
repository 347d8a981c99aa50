"""The functions of kernel.c with the types of their arguments, and the structures they share with Python."""

from __future__ import annotations

import ctypes
from ctypes import POINTER, c_char_p, c_int, c_uint32, c_uint64, c_void_p
from functools import cache
from typing import Any

from csvapi.native.loader import load, why

SLACK = 128  # bytes behind a text that functions may read, whatever is in them


class FormStruct(ctypes.Structure):
    """`form` of kernel.c."""

    _fields_ = (
        *((name, c_uint32) for name in ("delimiter", "quote", "doubled", "text", "width", "unused")),
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


_P, _N, _W, _I = c_void_p, c_uint64, c_uint32, c_int  # memory, a size or count, a word, a flag
_MASK = [_P, _W]
_FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    "best_level": (_W, []),
    "scan": (None, [_P, _N, _I, _P, _W, _P, _P, _P, _P]),
    "record_ends": (None, [_P, _N, _P]),
    "record_lengths": (None, [_P, _P]),
    "count_equal": (_N, [_P, c_char_p, _N, POINTER(_N)]),
    "put_cells": (_N, [_P, *_MASK, _P, _N, _P]),
    "compare_texts": (None, [_P, *_MASK, _N, _I, c_char_p, _N, _P, _P]),
    "compare_numbers": (_N, [_P, *_MASK, _N, _W, _P, _P, _P]),
    "spread": (_N, [_P, _N, _P, _P]),
    "pack": (_N, [_P, _N, _P, _P]),
    "put_records": (_N, [_P, *_MASK, _P, _N, _P, _N, _N, _P, _P]),
    "change_cells": (_N, [_P, *_MASK, _P, _N, _W, c_char_p, _N, _P, _P, _P, _P, POINTER(_N)]),
    "put_objects": (_N, [_P, *_MASK, _P, _N, _N, POINTER(_N), POINTER(_N), POINTER(_N), _P, _N]),
    "gather": (_N, [_P, *_MASK, _I, _P, POINTER(_N)]),
    "gather_lengths": (_N, [_P, _N, _P, _N, *_MASK, _I, _P, POINTER(_N), POINTER(_N)]),
    "digests": (None, [_P, *_MASK, _P, _N, _P, _P, _N, _P]),
    "digest_keys": (None, [_P, _P, _N, _P, _P]),
    "mark_digest": (_N, [_P, _N, *_MASK, _P, _W, _P]),
    "scatter": (_N, [_P, _N, _N, *_MASK, _N, _W, _P, _N, _P]),
    "split": (_N, [_P, _N, _N, _N, _W, _W, _P, _N, _P]),
    "sort_entries": (_N, [_P, _N, _W, _W, _P, _P]),
    "mark_starts": (_N, [_P, _N, _N, _W, POINTER(_N), _P, _N, POINTER(_N)]),
    "find_digests": (_N, [_P, _P, _N, _N, *_MASK, _P, _P, _P, POINTER(_N)]),
    "put_texts": (_N, [_P, _P, _P, _P, _N, _P, _N, _P, _P, POINTER(_N)]),
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
