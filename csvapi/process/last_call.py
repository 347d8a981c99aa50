"""A child of the pool asks to be replaced after a call that showed it what no later call may meet: a key."""

from __future__ import annotations

_state = {"asked": False}


def ask() -> None:
    """Let this process end after the call that it is at."""
    _state["asked"] = True


def asked() -> bool:
    """Whether a call so far has asked for it."""
    return _state["asked"]
