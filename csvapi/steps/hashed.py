"""The keyed hash of derive: its parameters, and where its values come from."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from csvapi.errors import InvalidInput
from csvapi.steps.params import ColumnField, choice, whole
from csvapi.steps.secret_key import NAME
from csvapi.steps.writing import byte_dialect_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from csvapi.csvio.byte_dialect import ByteDialect
    from csvapi.steps.derived import Cells
    from csvapi.steps.secret_key import SecretKey
    from csvapi.steps.step import Context

LENGTHS = {"hex": 64, "base64url": 43}  # characters of a whole hash
_SHORTEST = 16  # characters: two of a million values are the same with a probability of 3 in 100 million, in hex


class Hash(Schema):
    """What is hashed, with which key, and how the hash is written."""

    column = ColumnField(required=True, metadata={"description": "The column whose values are hashed."})
    key = fields.String(
        required=True,
        validate=validate.Regexp(
            re.compile(f"(?:{NAME})\\Z"), error="must be the name of a key: lower-case letters, digits, - _ and ."
        ),
        metadata={
            "description": "The name of the key, never the key itself: one of `/api/v1/hash-keys`, on the command line "
            "one that `--key-file` names."
        },
    )
    encoding = choice(*LENGTHS, description="How the hash is written: hex (default) or base64url.", default="hex")
    length = whole(
        f"How many of its first characters are written, at least {_SHORTEST}; without it all, {LENGTHS['hex']} of hex, "
        f"{LENGTHS['base64url']} of base64url.",
        _SHORTEST,
    )
    fingerprint = fields.String(
        validate=validate.Regexp(r"[0-9a-f]{16}\Z", error="must be 16 hexadecimal digits."),
        metadata={
            "description": "The fingerprint of the key, which tasks and receipts add; a run with another key of that "
            "name is refused."
        },
    )

    @validates_schema
    def not_longer(self, data: dict[str, Any], **_: object) -> None:
        """Refuse more characters than a hash has."""
        encoding = data.get("encoding", "hex")
        most = LENGTHS[encoding]
        if data.get("length", 0) > most:
            raise ValidationError(f"must be at most {most}, which is all of a hash in {encoding}.", "length")


@dataclass(frozen=True)
class Hashed:
    """The hash of each cell's text in UTF-8, whatever the file's encoding; an empty cell's is empty.

    Bytes that are no text are hashed as they are.
    """

    byte_dialect: ByteDialect
    position: int
    key: SecretKey
    encode: Callable[[bytes], bytes]
    length: int
    pieces: int = 1

    @property
    def positions(self) -> Sequence[int]:
        """See `Source.positions`."""
        return (self.position,)

    def sizes(self, cells: Cells, rows: Sequence[int]) -> list[int]:
        """See `Source.sizes`."""
        return [self.length if cell else 0 for cell in cells[0]]

    def values(self, cells: Cells, rows: Sequence[int]) -> list[bytes]:
        """See `Source.values`."""
        digest, encode, length = self.key.digest, self.encode, self.length
        return [encode(digest(self._utf8(cell)))[:length] if cell else b"" for cell in cells[0]]

    def _utf8(self, cell: bytes) -> bytes:
        if self.byte_dialect.inner == "utf-8" or cell.isascii():
            return cell
        return self.byte_dialect.decode(cell).encode("utf-8", self.byte_dialect.errors)


def hashed(params: dict[str, Any], context: Context, pointer: str) -> Hashed | None:
    """The source of a hash; None where steps are only checked, without keys. Raises `InvalidInput` for a key that was
    not given, or that has another fingerprint."""
    position = context.position(params["column"], f"{pointer}/column")
    if context.keys is None:
        return None
    key = context.key(params["key"], f"{pointer}/key")
    if "fingerprint" in params and params["fingerprint"] != key.fingerprint:
        raise another(params["key"], key.fingerprint, params["fingerprint"], f"{pointer}/fingerprint")
    encoding = params.get("encoding", "hex")
    length = params.get("length", LENGTHS[encoding])
    encode = _hex if encoding == "hex" else base64.urlsafe_b64encode
    return Hashed(byte_dialect_of(context), position, key, encode, length)


def _hex(digest: bytes) -> bytes:
    return digest.hex().encode()


def another(name: str, found: str, asked: str, pointer: str) -> InvalidInput:
    """The error for a key that is not the one which a step asks for."""
    return InvalidInput(
        f"fingerprint: the key {name!r} has the fingerprint {found}, and the step asks for {asked}; another key makes "
        "other hashes. Give the key of that fingerprint, or leave fingerprint out.",
        pointer=pointer,
    )
