"""Find a file's dialect from its first bytes: encoding, delimiter, quoting, preamble, header, each with its evidence.

    refuse what is no CSV → decode → split into lines → try readings → score them → find header and preamble

Nothing is guessed silently: the result carries sentences for people, other readings with their confidence, and places
that looked odd. One head of at most `HEAD` bytes is read a few times; time and memory are linear in it.
"""

from __future__ import annotations

from csvapi.csvio.detection.detect import HEAD, detect
from csvapi.csvio.detection.result import Detection, Issue

__all__ = ["HEAD", "Detection", "Issue", "detect"]
