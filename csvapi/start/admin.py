"""`csvapi admin`: make an account an administrator, with a new password; the account is created if there is none."""

from __future__ import annotations

import argparse
import getpass
import secrets
import sys
from collections.abc import Sequence

from csvapi.start.installation import application

FIRST_ADMIN = "admin@csvapi.internal"  # where nobody named one


def build_parser() -> argparse.ArgumentParser:
    """The options of `csvapi admin`."""
    parser = argparse.ArgumentParser("csvapi admin", description=__doc__)
    parser.add_argument("email", help="the account")
    parser.add_argument(
        "--remove-second-factor", action="store_true", help="sign in with the password alone, until another is set up"
    )
    parser.add_argument("--generate", action="store_true", help="make up a password and print it")
    return parser


def main(arguments: Sequence[str]) -> int:
    """Set the password: typed, read from standard input or, with `--generate`, made up and printed."""
    given = build_parser().parse_args(arguments)
    password = generate() if given.generate else _asked()
    from csvapi.services import administration

    with application().app_context():
        created = administration.make_admin(given.email, password, remove_factor=given.remove_second_factor)
    print(f"{given.email} is an administrator{' now' if created else ''}; earlier sign-ins and API keys have ended")
    if given.generate:
        print(f"Password: {password}")
    return 0


def generate() -> str:
    """A random password that is easy to type."""
    return secrets.token_urlsafe(16)


def _asked() -> str:
    return getpass.getpass("New password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
