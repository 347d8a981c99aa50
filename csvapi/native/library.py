"""The functions of kernel.c with the types of their arguments."""

from __future__ import annotations

import ctypes
from ctypes import POINTER, c_char_p, c_int, c_uint32, c_uint64, c_void_p
from functools import cache
from typing import Any

from csvapi.native.loader import load, why

SLACK = 128  # bytes after a text that functions may read, whatever is in them


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
    "count_below": (_N, [_P, _N]),
    "take_items": (_N, [_P, _N, _N, _I, _P, _N, POINTER(_N)]),
    "merge_runs": (_N, [_P, _N, _I, _P, _N, POINTER(_N), POINTER(_I)]),
    "spread": (_N, [_P, _N, _P, _P]),
    "pack": (_N, [_P, _N, _P, _P]),
    "put_records": (_N, [_P, *_MASK, _P, _N, _P, _N, _N, _P, _P]),
    "put_list_items": (_I, [_P, *_MASK, _N, c_char_p, _N, _P, _P, _P, _N, _P]),
    "put_parts": (_N, [_P, *_MASK, _N, c_char_p, _N, _N, _P, _P, _P]),
    "put_column_records": (_I, [_P, *_MASK, _P, _N, c_char_p, _P, _N, _I, _P, _P, _N, _P]),
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
    "put_group_lines": (_N, [_P, _N, _N, _I, _P, _P, POINTER(_I)]),
    "know_crossed": (None, [_P, _W]),
    "cross_groups": (_N, [_P, _N, _N, _P, _P, POINTER(_I)]),
    "end_crossed": (_I, [_P, _P]),
    "put_crossed_rows": (_N, [_P, _N, _N, _P, _P, _N, _P, _P, _N, POINTER(_N), POINTER(_N), POINTER(_I)]),
    "hash_texts": (None, [_P, _P, _N, _P]),
    "put_entries": (_N, [_P, *_MASK, _N, _P, c_char_p, _P, _P, POINTER(_N)]),
    "mark_later": (_N, [c_char_p, _N, _P, _P, _N, _W, _P, _P, _N, POINTER(_N)]),
    "put_later": (_N, [_P, _N, _N, _P, _P, _N, _P, POINTER(_I)]),
    "mark_shared": (_N, [c_char_p, _N, _P, _P, _N]),
    "put_wordings": (_N, [_P, *_MASK, _N, _P, _N, _P, _P, _P]),
    "keep_repeated": (_N, [_P, _N, _P, POINTER(_N)]),
    "put_differences": (_N, [_P, _N, _N, _P, _P, _P, _P, POINTER(_N)]),
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
