"""Shapes that the documentation of many views names."""

from __future__ import annotations

from typing import Any

import marshmallow as ma


class Shape(ma.Schema):
    """A schema that a copy of a view's documentation shares.

    Every decorator of a view copies what the ones before it documented, as deep as it goes; for errors, which nearly
    all of them name, that took a third of the time that importing the API takes.
    """

    def __deepcopy__(self, memo: dict[int, Any]) -> Shape:
        return self
