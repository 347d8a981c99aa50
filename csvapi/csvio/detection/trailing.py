"""The tail of a file: a final run of NULs and Ctrl-Z, with which old editors and file systems fill up."""

from __future__ import annotations

from dataclasses import dataclass

from csvapi.csvio.trailing import RUN, trailing

_WIDE = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")


@dataclass(frozen=True, slots=True)
class Ends:
    """A file's first and last bytes without its tail of `filler` bytes; `complete` if the first are all there are."""

    head: bytes
    tail: bytes
    filler: int
    complete: bool


def without_filler(head: bytes, tail: bytes, *, complete: bool) -> Ends:
    """Take the tail off the end of `head`, or of `tail`, which holds the file's last bytes.

    What may be halves of wide characters stays: the decoded text is looked at then (`filling`).
    """
    if head.startswith(_WIDE):
        return Ends(head, tail, 0, complete)
    if complete or (tail and not tail.strip(RUN)):
        filler = _filler(head)
        return Ends(head[: len(head) - filler], b"", filler + len(tail) * (filler > 0), complete or filler > 0)
    filler = _filler(tail)
    return Ends(head, tail[: len(tail) - filler], filler, complete)


def _filler(content: bytes) -> int:
    body = content.rstrip(RUN)
    rest = content[len(body) :]
    return 0 if not body or b"\x00" in body else trailing(rest, starts_line=False)


def without_run(head: bytes) -> bytes:
    """The bytes that say whether the file is text: those before a run of NULs, Ctrl-Z and line ends at the end."""
    return head.rstrip(RUN)


def filling(text: str) -> int:
    """How many characters at the end of a decoded text are tail."""
    body = text.rstrip(RUN.decode())
    return trailing(text[len(body) :].encode("ascii"), starts_line=not body)
