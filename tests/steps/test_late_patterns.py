"""Patterns that take long to compile are compiled when they are first used, and then are what they would have been."""

from __future__ import annotations

import re

import pytest
from marshmallow import ValidationError, validate

from csvapi.steps.late_patterns import LatePattern, late_patterns

EVERY_LETTER = "[a-z\u00a1-\uffff]+"


def test_a_costly_pattern_is_compiled_when_it_is_used() -> None:
    compiled = re.compile
    with late_patterns():
        late = re.compile(EVERY_LETTER, re.IGNORECASE)
        assert isinstance(late, LatePattern)
        assert not hasattr(late, "__isabstractmethod__")
        assert late.fullmatch("STRAẞE")
    assert re.compile is compiled
    assert late.pattern == EVERY_LETTER
    assert late.sub("", "Ä1ß2") == "12"


@pytest.mark.parametrize(("pattern", "flags"), [("[a-z]", re.IGNORECASE), (EVERY_LETTER, 0), (b"[a-z]", re.IGNORECASE)])
def test_others_are_compiled_at_once(pattern: str | bytes, flags: int) -> None:
    with late_patterns():
        assert isinstance(re.compile(pattern, flags), re.Pattern)


def test_addresses_are_checked_as_ever() -> None:
    check = validate.Email()
    assert check("jörg@bücher.example") == "jörg@bücher.example"
    for wrong in ("jörg@-bücher", "jörg", "jörg@bücher@example.org"):
        with pytest.raises(ValidationError):
            check(wrong)
