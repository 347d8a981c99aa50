"""What mailed links do, and asking for them: setting a new password, verifying an address."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import request
from marshmallow import validate

from csvapi.api.auth import BOUNDED, EMAIL, PASSWORD, PASSWORD_FORM
from csvapi.api.resource import Resource
from csvapi.extensions import runtime
from csvapi.services import credentials, mailing

blp = Resource(
    "v1-mailed",
    __name__,
    url_prefix="/api/v1",
    description="A forgotten password and the proof of an e-mail address, by a mailed link; where mail is set up",
)
_TOKEN = "Zk3pQ0n1X2c3V4b5N6m7A8s9D0f1G2h3J4k5L6z7X8c"  # noqa: S105 -- the example of the docs
_SENT = "If the address has an account, a mail is on its way"


class MailRequest(ma.Schema):
    """The address that a link is asked for."""

    email = ma.fields.String(
        required=True,
        validate=BOUNDED,
        metadata={"description": "Where the link is mailed to", "format": "email", "maxLength": 254},
    )


class MailRequested(ma.Schema):
    """The same answer whether the address has an account or not."""

    message = ma.fields.String(
        required=True, metadata={"description": "The same whether there is such an account or not"}
    )


class MailedToken(ma.Schema):
    """The token of a mailed link, which can be used once."""

    token = ma.fields.String(
        required=True, validate=validate.Length(1, 200), metadata={"description": "What the mailed link ends with"}
    )


class PasswordReset(MailedToken):
    """The token of a mailed link, and the password that is to hold from then on."""

    password = ma.fields.String(
        required=True, validate=BOUNDED, metadata={"description": "The one that is to hold", **PASSWORD_FORM}
    )


@blp.route("/password-resets", "request_password_reset", methods=["POST"])
@blp.arguments(MailRequest, example={"email": EMAIL})
@blp.response(202, MailRequested, example={"message": _SENT})
@blp.refuses(403, 413, 415, 422, 429, 503)
def ask_password_reset(body: dict[str, str]) -> Any:
    """Have a link mailed that sets a new password, once and within an hour.

    The answer is the same, and takes as long, whether the address has an account or not. 403 (`mail_off`) where the
    service sends no mail. An address gets at most five mails an hour.
    """
    return _ask(mailing.RESET, body["email"])


def _ask(kind: str, email: str) -> dict[str, str]:
    runtime().throttle.call("mail", request.remote_addr or "")
    credentials.ask(kind, email)
    return {"message": _SENT}


@blp.route("/password-resets/confirm", "reset_password", methods=["POST"])
@blp.arguments(PasswordReset, example={"token": _TOKEN, "password": PASSWORD})
@blp.response(204)
@blp.refuses(403, 413, 415, 422, 429, 503)
def reset_password(body: dict[str, str]) -> None:
    """Set a new password with the token of a mailed link; every session and every API key of the account ends."""
    runtime().throttle.call("mail", request.remote_addr or "")
    credentials.reset(body["token"], body["password"])


@blp.route("/email-verifications", "request_verification", methods=["POST"])
@blp.arguments(MailRequest, example={"email": EMAIL})
@blp.response(202, MailRequested, example={"message": _SENT})
@blp.refuses(403, 413, 415, 422, 429, 503)
def ask_verification(body: dict[str, str]) -> Any:
    """Have the link mailed again that verifies the e-mail address of a new account; it is good for 24 hours."""
    return _ask(mailing.VERIFY, body["email"])


@blp.route("/email-verifications/confirm", "verify_email", methods=["POST"])
@blp.arguments(MailedToken, example={"token": _TOKEN})
@blp.response(204)
@blp.refuses(413, 415, 422, 429, 503)
def verify_email(body: dict[str, str]) -> None:
    """Verify an e-mail address with the token of a mailed link; its account can log in from now on."""
    runtime().throttle.call("mail", request.remote_addr or "")
    credentials.verify(body["token"])
