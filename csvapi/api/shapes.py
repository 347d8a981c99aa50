"""Shapes that the documentation of many views names."""

from __future__ import annotations

from typing import Any

import marshmallow as ma


class Shape(ma.Schema):
    """A schema that a copy of a view's documentation shares.

    Every decorator of a view copies what the ones before it documented, as deep as it goes. Nearly all of them name
    the shapes of errors, which would be copied thousands of times while the API is imported.
    """

    def __deepcopy__(self, memo: dict[int, Any]) -> Shape:
        return self
