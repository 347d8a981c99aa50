"""`csvapi admin`: make an account an administrator, with a new password; the account is created if there is none.

With `--link` it gets no password, but a link that signs it in once: the operator's way in where passwords sign nobody
in (CSVAPI_LOCAL_ACCOUNTS=off) and the provider of the single sign-on is away.
"""

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
    parser.add_argument(
        "--link", action="store_true", help="print a link that signs in once, within 15 minutes; the password stays"
    )
    return parser


def main(arguments: Sequence[str]) -> int:
    """Set the password: typed, read from standard input or, with `--generate`, made up and printed; or print a link."""
    given = build_parser().parse_args(arguments)
    if given.link:
        return _link(given.email)
    password = generate() if given.generate else _asked()
    from csvapi.services import administration

    with application().app_context():
        created = administration.make_admin(given.email, password, remove_factor=given.remove_second_factor)
    print(f"{given.email} is an administrator{' now' if created else ''}; earlier sign-ins and API keys have ended")
    if given.generate:
        print(f"Password: {password}")
    return 0


def _link(email: str) -> int:
    from csvapi.services.single_sign_on import entry_links

    app = application()
    with app.app_context():
        path = entry_links.make(email)
        settings = app.extensions["csvapi"].settings
    base = settings.public_url.rstrip("/") or f"http://{settings.host}:{settings.port}"
    print(f"Open this within 15 minutes; it signs in as {email}, once:\n{base}{path}")
    return 0


def generate() -> str:
    """A random password that is easy to type."""
    return secrets.token_urlsafe(16)


def _asked() -> str:
    return getpass.getpass("New password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
