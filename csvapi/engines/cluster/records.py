"""What functions leave in the bucket for others besides bytes: plain values of known classes.

They are pickled, and read by a reader that makes no other objects than these, whatever the bytes say: who may write to
the bucket may not run code on the machines that read it.
"""

from __future__ import annotations

import io
import pickle
from typing import Any

_KNOWN = {
    "csvapi.csvio.census": ("Census", "Issue"),
    "csvapi.csvio.dialect": ("Dialect",),
    "csvapi.csvio.disk": ("Limits",),
    "csvapi.engines.cluster.job": ("Job", "Marked", "Ranges", "Reasons", "Scanned", "Written"),
    "csvapi.engines.local.range_result": ("Found",),
    "csvapi.engines.options": ("Options",),
    "csvapi.engines.receipt": ("StepCount",),
    "csvapi.steps.remarks": ("Sighting", "Spot"),
}


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if name in _KNOWN.get(module, ()):
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"A record in the bucket names {module}.{name}, which no record does.")


def dumped(value: object) -> bytes:
    """The bytes of a record."""
    return pickle.dumps(value, protocol=5)


def loaded(data: bytes) -> Any:
    """The value of a record. Raises `pickle.UnpicklingError` for what is none."""
    return _Reader(io.BytesIO(data)).load()
