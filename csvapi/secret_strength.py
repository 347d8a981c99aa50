"""Whether a secret is one: not from an example, not a password that is guessed."""

from __future__ import annotations

import re

_EXAMPLES = re.compile(
    r"change[-_ ]?me|replace[-_ ]?me|your[-_ ]?(secret|key|password)|(secret|jwt)[-_ ]?key|example|insecure|"
    r"admin123|minioadmin|password|letmein|12345678|qwerty|abcdefgh",
    re.IGNORECASE,
)
_SAFE = 3  # of zxcvbn's scores from 0 to 4: safely unguessable


def has_example(secret: str) -> bool:
    """Whether it contains a word that many examples use."""
    return bool(_EXAMPLES.search(secret))


def is_guessable(password: str, email: str, public_url: str) -> bool:
    """Whether a password guesser finds it: by zxcvbn (Wheeler 2016), and by the rules for users."""
    from zxcvbn import zxcvbn  # what it knows takes time and memory to load

    from csvapi.errors import InvalidInput
    from csvapi.services import passwords

    try:
        passwords.check(password, email, public_url)
    except InvalidInput:
        return True
    return int(zxcvbn(password[:72], user_inputs=[email, *email.split("@")])["score"]) < _SAFE
