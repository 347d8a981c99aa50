"""The forms of settings: counts, sizes, times, switches, paths."""

from __future__ import annotations

import re
from dataclasses import field
from pathlib import Path
from typing import Any

KIB, MIB, GIB, TIB = 1024, 1024**2, 1024**3, 1024**4
_UNITS = {"": 1, "K": KIB, "M": MIB, "G": GIB, "T": TIB}
_SIZE = re.compile(r"(\d+)\s*([KMGT]?)(?:i?B)?", re.IGNORECASE)
_TIME = re.compile(r"(\d+)\s*([smhd]?)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_SWITCH = {"on": True, "1": True, "true": True, "yes": True, "off": False, "0": False, "false": False, "no": False}


def read(kind: str, text: str) -> Any:
    """The value of a text in this form; None if it has another form."""
    match kind:
        case "count":
            return int(text) if text.isascii() and text.isdigit() else None
        case "bytes":
            return int(m[1]) * _UNITS[m[2].upper()] if (m := _SIZE.fullmatch(text)) else None
        case "seconds":
            return int(m[1]) * _SECONDS[m[2]] if (m := _TIME.fullmatch(text)) else None
        case "switch":
            return _SWITCH.get(text.lower())
        case "path":
            return Path(text)
        case _:
            return text


FORMS = {
    "count": "a whole number",
    "bytes": "a size such as 500MiB or 2GiB",
    "seconds": "a time such as 90s, 15m, 12h or 7d",
    "switch": "on or off",
}


def setting(default: Any, env: str, meaning: str, *, read: str = "text") -> Any:
    """One field of `Settings`: its environment variable, its meaning for the docs, the form of its text."""
    return field(default=default, metadata={"env": env, "meaning": meaning, "read": read})
