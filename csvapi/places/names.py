"""Names of files as other servers give them, which may be anything, and the names that results get."""

from __future__ import annotations

import re

LONGEST = 255  # bytes: what file systems take
_FIELDS = {"stem", "name", "suffix", "date", "id"}
_FIELD = re.compile(r"{([^{}]*)}")


def is_safe(name: str) -> bool:
    """Whether a name stays in its folder and can be shown: no path, no hidden file, no control or direction sign."""
    if not name or name.startswith(".") or not name.isprintable() or {"/", "\\"} & set(name):
        return False
    return len(name.encode()) <= LONGEST


def problem(template: str) -> str:
    """What is wrong with a template of names; "" for a good one."""
    fields = _FIELD.findall(template)
    if unknown := sorted(set(fields) - _FIELDS):
        return f"has no {{{unknown[0]}}}; there are {', '.join(f'{{{each}}}' for each in sorted(_FIELDS))}"
    if not {"stem", "name", "id"} & set(fields):
        return "must have {stem}, {name} or {id} in it, so that each file has a result of its own"
    if not is_safe(_FIELD.sub("x", template)) or {"{", "}"} & set(_FIELD.sub("", template)):
        return "must be the name of a file, without a folder, and not begin with a dot"
    return ""


def rendered(template: str, name: str, number: int, date: str) -> str:
    """The name that the result of a file gets; the number is the file's own, the date that of its arrival."""
    stem, dot, suffix = name.rpartition(".")
    values = {"name": name, "stem": stem if dot else name, "suffix": suffix, "date": date, "id": str(number)}
    return _FIELD.sub(lambda found: values[found[1]], template)
