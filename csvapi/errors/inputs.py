"""A request or a file that is not right, or too large."""

from __future__ import annotations

from csvapi.errors.error import CsvapiError


class InvalidInput(CsvapiError):
    """The request or the file is wrong; `pointer` says where in the request."""

    code = "invalid_input"


class MalformedCsv(InvalidInput):
    """A record is not as the options of the run demand; with `row`, `line` and `byte`."""

    code = "malformed_csv"


class NoRecords(InvalidInput):
    """Has the code of its kind: clients know an empty upload by its sentence."""


class NotCsv(InvalidInput):
    """The bytes are something else than CSV: a spreadsheet, an archive, a picture."""

    code = "not_csv"


class UnsupportedEncoding(InvalidInput):
    """The encoding is not known, cannot be read here, or is not that of the file."""

    code = "unsupported_encoding"


class DigestMismatch(InvalidInput):
    """The content that arrived does not have the digest that the request gave for it."""

    code = "digest_mismatch"


class ChecksumMismatch(DigestMismatch):
    """A part of an upload does not have the checksum that came with it."""

    code = "checksum_mismatch"


class KeyReused(InvalidInput):
    """The Idempotency-Key was used before with another request."""

    code = "idempotency_key_reused"


class ObjectChanged(InvalidInput):
    """An object that was registered is another one by now, or gone."""

    code = "object_changed"


class UnknownColumn(InvalidInput):
    """There is no column of that name or at that position."""

    code = "unknown_column"


class AmbiguousColumn(InvalidInput):
    """Several columns have that name, so it does not say which one is meant."""

    code = "ambiguous_column"


class TooLarge(CsvapiError):
    """Something is larger than a limit; `limit` in the context is its value."""

    code = "too_large"


class PreviewTooLarge(TooLarge):
    """What is to be shown at once needs more memory than a preview may take."""

    code = "preview_too_large"


class PreviewTooSlow(TooLarge):
    """What is to be shown at once needs more time than a preview may take."""

    code = "preview_too_slow"
