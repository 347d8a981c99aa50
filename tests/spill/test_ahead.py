"""Pieces made by a thread are those that would have been made without one."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from csvapi.spill.ahead import ahead

if TYPE_CHECKING:
    from collections.abc import Iterator


def pieces(count: int, made: list[int], fails: int = -1) -> Iterator[memoryview]:
    """Each valid up to the next one, as a merge's are."""
    room = bytearray(3)
    for number in range(count):
        if number == fails:
            raise OSError("no such run")
        room[:] = bytes([number]) * 3
        made.append(number)
        yield memoryview(room)


def threads() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name.startswith("ahead")]


def test_pieces_are_copies_in_order() -> None:
    found = list(ahead(pieces(50, [])))
    assert found == [bytes([number]) * 3 for number in range(50)]
    assert not threads()


def test_only_one_piece_is_made_before_it_is_asked_for() -> None:
    made: list[int] = []
    found = ahead(pieces(50, made))
    next(found)
    next(found)
    assert len(made) <= 3
    found.close()  # type: ignore[attr-defined]  # of a generator
    assert not threads()


def test_what_goes_wrong_is_raised_after_what_went_well() -> None:
    found = ahead(pieces(50, [], fails=2))
    assert [bytes(next(found)), bytes(next(found))] == [b"\0" * 3, b"\1" * 3]
    with pytest.raises(OSError, match="no such run"):
        next(found)
    assert not threads()


def test_nothing_is_nothing() -> None:
    assert list(ahead(pieces(0, []))) == []
