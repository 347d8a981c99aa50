"""`--key-file`: the keys that steps hash with, each in a file, so that no process list or environment shows them."""

from __future__ import annotations

from argparse import ArgumentTypeError
from pathlib import Path
from typing import TYPE_CHECKING, Any

from csvapi.errors import InvalidInput
from csvapi.operations import keys_of, load_steps
from csvapi.steps.step import no_keys

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Sequence

    from csvapi.operations import Operation
    from csvapi.steps.secret_key import SecretKey

KeyFile = tuple[str, str]  # a key's name, and the path of the file that holds it
_LONGEST = 1 << 13  # bytes: more than any key has


def add_flag(parser: ArgumentParser, operation: Operation | None = None) -> None:
    """Add the flag, unless the command is that of an operation which hashes nothing."""
    if operation and operation.keys is no_keys:
        return
    parser.add_argument(
        "--key-file",
        type=_named,
        action="append",
        default=[],
        metavar="NAME=FILE",
        help="the file with the key that a hash names; make one with: openssl rand -hex 32 (several times for several)",
    )


def _named(text: str) -> KeyFile:
    name, equals, path = text.partition("=")
    if not (name and equals and path):
        raise ArgumentTypeError(f"{text!r} is not NAME=FILE, as partners=partners.key")
    return name, path


def check(given: Sequence[KeyFile], steps: list[dict[str, Any]], parser: ArgumentParser) -> None:
    """Each key that a step names has one file, and each file is of such a key; else a mistake of usage."""
    named, wanted = [name for name, _ in given], [name for _, name in keys_of(load_steps(steps))]
    for name in wanted:
        if name not in named:
            parser.error(f"a step hashes with the key {name!r}; give its file: --key-file {name}=FILE")
    for name in named:
        if name not in wanted:
            parser.error(f"--key-file names the key {name!r}, and no step hashes with it")
        if named.count(name) > 1:
            parser.error(f"--key-file names the key {name!r} twice")


def opened(given: Sequence[KeyFile]) -> dict[str, SecretKey]:
    """The keys by their names. Raises `OSError`, and `InvalidInput` for a file that holds no key."""
    return {name: _key(path) for name, path in given}


def _key(path: str) -> SecretKey:
    return _checked(path)[0]


def secret_of(path: str) -> str:
    """The text of a file that holds a key. Raises what `opened` does."""
    return _checked(path)[1]


def _checked(path: str) -> tuple[SecretKey, str]:
    """The text of a file, without the line end after it, as a key and as it is; the file is read once."""
    from csvapi.steps.secret_key import MAKE_ONE, SecretKey, WeakSecret  # only here, to start fast without it

    with Path(path).open("rb") as file:
        data = file.read(_LONGEST)
    try:
        text = data.decode("utf-8").removesuffix("\n").removesuffix("\r")
        return SecretKey.of(text), text
    except UnicodeDecodeError as error:
        raise InvalidInput(f"The key is no text in UTF-8; {MAKE_ONE}", file=path) from error
    except WeakSecret as error:
        raise InvalidInput(f"The key {error}", file=path) from error
