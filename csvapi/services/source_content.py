"""What an administrator says about a source, checked, and as it is stored: credentials apart and sealed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from csvapi.errors import InvalidInput, NotFound
from csvapi.extensions import transaction
from csvapi.models import Source, User
from csvapi.places import names
from csvapi.places.addresses import S3, Address, parse
from csvapi.places.host_keys import fingerprint
from csvapi.services import schedules, webhooks
from csvapi.services.saved_kinds import PIPELINES
from csvapi.services.saved_lists import find
from csvapi.services.source_places import address_of, seal

Json = dict[str, Any]
OPTIONS = (
    "pipeline",
    "files",
    "schedule",
    "match",
    "settle",
    "marker",
    "after",
    "result",
    "dropped",
    "attempts",
)
_SECRETS = {S3: ("access_key", "secret_key"), "sftp": ("password", "private_key", "passphrase")}
SECRETS = [name for group in _SECRETS.values() for name in group]


def values(body: Json, before: Source | None = None) -> Json:
    """The columns of a source; `before` is the source that is changed, whose credentials stay where none are given.

    Raises InvalidInput with a pointer into the body, and NotFound for an owner, a pipeline or a webhook that is none.
    """
    owner = owner_of(body["owner"])
    schedules.check(body["schedule"])
    _check_templates(body)
    _check_pipeline(owner.id, body["pipeline"])
    origin, origin_secret = _place(body["from"], "/from", (before.origin, before.origin_secret) if before else None)
    target, target_secret = _target(owner.id, body["to"], before)
    if target.get("url") == origin["url"]:
        raise InvalidInput("to: results must not go into the folder they are made from", pointer="/to/url")
    return {
        "name": body["name"],
        "user_id": owner.id,
        "origin": origin,
        "origin_secret": origin_secret,
        "target": target,
        "target_secret": target_secret,
        "options": {name: body.get(name) for name in OPTIONS},
    }


def owner_of(email: str) -> User:
    """The account that is to own what a source makes. Raises InvalidInput for none, or one that is not active."""
    with transaction() as session:
        user = session.scalar(select(User).where(User.email == email.strip().lower()))
    if user is None or not user.is_active or user.deletion_at is not None:
        raise InvalidInput(f"owner: there is no active account {email!r}", pointer="/owner")
    return user


def _check_templates(body: Json) -> None:
    for name in ("result", "dropped"):
        template = body.get(name)
        if template and (wrong := names.problem(template)):
            raise InvalidInput(f"{name}: {wrong}", pointer=f"/{name}")
    if body.get("dropped") == body["result"]:
        raise InvalidInput("dropped: must differ from result", pointer="/dropped")
    if (marker := body.get("marker")) and not names.is_safe(f"x{marker}"):
        raise InvalidInput("marker: must be the end of a file's name, such as .done", pointer="/marker")


def _check_pipeline(user_id: int, pipeline: Json) -> None:
    try:
        find(PIPELINES, user_id, pipeline["id"], pipeline.get("version"))
    except NotFound as error:
        raise InvalidInput(
            "pipeline: the owner has no such pipeline, or not this version", pointer="/pipeline"
        ) from error


def _target(user_id: int, given: Json, before: Source | None) -> tuple[Json, str | None]:
    if "webhook" not in given:
        return _place(given, "/to", (before.target, before.target_secret) if before else None)
    if len(given) > 1:
        raise InvalidInput("to: takes a webhook or a url, not both", pointer="/to/webhook")
    try:
        webhooks.find(user_id, given["webhook"])
    except NotFound as error:
        raise InvalidInput("webhook: the owner has no such webhook", pointer="/to/webhook") from error
    return {"webhook": given["webhook"]}, None


def _place(given: Json, pointer: str, before: tuple[Json, str | None] | None) -> tuple[Json, str | None]:
    """A place as it is stored, and its sealed credentials: those of before where none are given and server and user
    are the same."""
    if "url" not in given:
        raise InvalidInput("url: this field is required", pointer=f"{pointer}/url")
    address, _ = address_of(given["url"], f"{pointer}/url")
    place: Json = {"url": str(address)}
    if address.scheme != S3:
        place |= _server(given, pointer)
    secret = {name: given[name] for name in SECRETS if given.get(name)}
    if not secret and before and _is_same(address, place, before[0]):
        return place, before[1]
    _check_secret(address, secret, pointer)
    if "private_key" in secret:
        secret["private_key"] = _opened_key(secret, pointer)
    secret.pop("passphrase", None)
    return place, seal(secret)


def _server(given: Json, pointer: str) -> Json:
    """Who signs in, and the keys the server is known by."""
    if not given.get("user"):
        raise InvalidInput("user: an SFTP server needs one", pointer=f"{pointer}/user")
    found = []
    for number, text in enumerate(given.get("host_keys", ())):
        known = fingerprint(text)
        if known is None:
            detail = "must be a fingerprint (SHA256:…) or a line of known_hosts; `ssh-keyscan HOST` shows such lines"
            raise InvalidInput(f"host_keys: {detail}", pointer=f"{pointer}/host_keys/{number}")
        found.append(known)
    if not found:
        detail = "host_keys: at least one key is needed by which the server is known; none is accepted unseen"
        raise InvalidInput(detail, pointer=f"{pointer}/host_keys")
    return {"user": given["user"], "host_keys": found}


def _is_same(address: Address, place: Json, before: Json) -> bool:
    """Whether credentials of before are for this place, too: they go to no other server and no other user."""
    if "url" not in before or before.get("user") != place.get("user"):
        return False
    old = parse(before["url"])
    return old is not None and old.server == address.server


def _check_secret(address: Address, secret: Json, pointer: str) -> None:
    wrong = next((name for name in secret if name not in _SECRETS[address.scheme]), None)
    if wrong:
        raise InvalidInput(f"{wrong}: a place of {address.scheme}:// takes none", pointer=f"{pointer}/{wrong}")
    if address.scheme == S3:
        if len(secret) == 1:
            raise InvalidInput("access_key and secret_key belong together", pointer=f"{pointer}/{next(iter(secret))}")
        return
    if not secret.get("password") and not secret.get("private_key"):
        raise InvalidInput("password: an SFTP server needs one, or a private_key", pointer=f"{pointer}/password")


def _opened_key(secret: Json, pointer: str) -> str:
    try:
        from csvapi.places.sftp import opened_key

        return opened_key(secret["private_key"], secret.get("passphrase", ""))
    except ModuleNotFoundError as error:
        detail = f"SFTP needs {error.name}: pip install 'csv-processing-api[sftp]'"
        raise InvalidInput(detail, pointer=f"{pointer}/url") from error
    except ValueError as error:
        raise InvalidInput(f"private_key: {error}", pointer=f"{pointer}/private_key") from error
