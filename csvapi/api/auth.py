"""Classic endpoints of accounts: register, login, refresh."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import g, jsonify, request
from marshmallow import validate

from csvapi.api.contract import Blueprint, ErrorShape, signed_in
from csvapi.errors import InvalidInput
from csvapi.extensions import runtime
from csvapi.services import accounts, passwords, tokens

blp = Blueprint("auth", __name__, url_prefix="/api", description="Accounts and tokens")
EMAIL, PASSWORD = "ada@example.com", "correct horse battery"  # the example of the docs
TOKEN = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.Et9HFtf9R3GEMA0IICOfFMVXY7kkTX1wr4qCyhIf58U"  # noqa: S105  # likewise

BOUNDED = validate.Length(max=100_000)  # the real limits, with better words, are those of services.passwords
PASSWORD_FORM = {"format": "password", "minLength": passwords.MIN_LENGTH, "maxLength": passwords.MAX_LENGTH}


class Registration(ma.Schema):
    """A new account. The password is checked by the service, which says what it lacks."""

    email = ma.fields.String(
        required=True,
        validate=BOUNDED,
        metadata={
            "description": "The address to log in with; letters in either case are the same",
            "format": "email",
            "maxLength": 254,
        },
    )
    password = ma.fields.String(
        required=True,
        validate=BOUNDED,
        metadata={
            "description": "At least 8 characters; not common, not all digits, not like the address",
            **PASSWORD_FORM,
        },
    )
    invitation = ma.fields.String(
        load_default="",
        validate=validate.Length(max=200),
        metadata={"description": "An administrator's code, where CSVAPI_REGISTRATION is `invite`"},
    )
    confirm_password = ma.fields.String(
        required=True, validate=BOUNDED, metadata={"description": "The same password again", **PASSWORD_FORM}
    )


class Registered(ma.Schema):
    """The answer to a registration; the address may have to be verified before a login."""

    message = ma.fields.String(required=True, metadata={"description": "`Registration successful`"})
    user_id = ma.fields.Integer(required=True, metadata={"description": "The account's id"})


class Credentials(ma.Schema):
    """An address and a password; wrong ones are 401, absent ones count as wrong."""

    email = ma.fields.String(
        required=True,
        validate=BOUNDED,
        metadata={"description": "The address of the account", "format": "email", "maxLength": 254},
    )
    password = ma.fields.String(
        required=True, validate=BOUNDED, metadata={"description": "Its password", **PASSWORD_FORM}
    )

    @ma.pre_load
    def absent_is_empty(self, data: dict[str, Any], **_: object) -> dict[str, Any]:
        """An absent value counts as an empty one, which is wrong like any other: clients expect 401."""
        return {"email": "", "password": "", **{name: value for name, value in data.items() if value is not None}}


class LoggedIn(ma.Schema):
    """The answer to a login: an access token for minutes, and a refresh token for days."""

    message = ma.fields.String(required=True, metadata={"description": "`Login successful`"})
    access_token = ma.fields.String(required=True, metadata={"description": "To be sent as `Authorization: Bearer …`"})
    refresh_token = ma.fields.String(required=True, metadata={"description": "To be exchanged for new tokens"})


class RefreshToken(ma.Schema):
    """A refresh token to be exchanged. Each can be used once: using it again ends all of its sign-in."""

    refresh = ma.fields.Raw(
        allow_none=True,
        metadata={"type": "string", "description": "The refresh token; it is dead as soon as it is used"},
    )


class TokenPair(ma.Schema):
    """The tokens that replace the refresh token that was sent."""

    access = ma.fields.String(required=True, metadata={"description": "The new access token"})
    refresh = ma.fields.String(
        required=True, metadata={"description": "The new refresh token; the one that was sent is dead"}
    )


class RefreshMissing(ma.Schema):
    """What a classic client gets, with 400, when it sends no refresh token."""

    refresh = ma.fields.List(
        ma.fields.String(), required=True, metadata={"description": "What is wrong with the field"}
    )


@blp.route("/register/", "register", methods=["POST"])
@blp.arguments(Registration, example={"email": EMAIL, "password": PASSWORD, "confirm_password": PASSWORD})
@blp.response(201, Registered, example={"message": "Registration successful", "user_id": 1})
@blp.refuses(400, 403, 413, 415, 429, 503)
def register(body: dict[str, str]) -> dict[str, Any]:
    """Create an account.

    Where the operator has closed the registration the answer is 403; where it takes an invitation, 400 without one.
    The password needs at least 8 characters; it must not be common, all digits or like the e-mail address.
    """
    runtime().throttle.call("register", request.remote_addr or "")
    user = accounts.register(**body)
    return {"message": "Registration successful", "user_id": user.id}


@blp.route("/login/", "login", methods=["POST"])
@blp.arguments(Credentials, example={"email": EMAIL, "password": PASSWORD})
@blp.response(200, LoggedIn, example={"message": "Login successful", "access_token": TOKEN, "refresh_token": TOKEN})
@blp.alt_response(
    401, schema=ErrorShape, description="Wrong e-mail or password", example={"error": "Invalid email or password"}
)
@blp.refuses(400, 403, 413, 415, 429, 503)
def login(body: dict[str, str]) -> dict[str, str]:
    """Exchange e-mail and password for an access and a refresh token.

    Send the access token as `Authorization: Bearer …`. After repeated failures the answer is 429 for a while.
    An account whose e-mail address is still to be verified is answered 403.
    """
    pair = accounts.sign_in(body["email"], body["password"], request.remote_addr or "", request.user_agent.string)
    return {"message": "Login successful", "access_token": pair.access, "refresh_token": pair.refresh}


@blp.route("/token/refresh/", "refresh_token", methods=["POST"])
@blp.arguments(RefreshToken, example={"refresh": TOKEN})
@blp.response(200, TokenPair, example={"access": TOKEN, "refresh": TOKEN})
@blp.alt_response(
    400, schema=RefreshMissing, description="No token was sent", example={"refresh": ["This field is required."]}
)
@blp.refuses(401, 413, 415, 429, 503)
def refresh(body: dict[str, Any]) -> Any:
    """Exchange a refresh token for a new pair.

    The old refresh token is dead at once; using it again revokes every token that came from the same login.
    """
    runtime().throttle.call("refresh", request.remote_addr or "")
    token = body.get("refresh")
    if not token:
        return jsonify({"refresh": ["This field is required."]}), 400
    if not isinstance(token, str):
        return jsonify({"refresh": ["Not a valid string."]}), 400
    pair = tokens.rotate(token)
    return {"access": pair.access, "refresh": pair.refresh}


class LoggedOut(ma.Schema):
    """The answer to a logout, which is the same whether the token was known or not."""

    message = ma.fields.String(required=True, metadata={"description": "`Logged out`"})


@blp.route("/logout/", "logout", methods=["POST"])
@signed_in
@blp.response(200, LoggedOut, example={"message": "Logged out"})
@blp.refuses(400, 401, 503)
def logout() -> dict[str, str]:
    """End the login the access token came from: its refresh and access tokens open nothing any more."""
    if "family" not in g:
        raise InvalidInput("An API key has no login to end; delete the key instead")
    accounts.leave(g.user.id, g.family)
    return {"message": "Logged out"}
