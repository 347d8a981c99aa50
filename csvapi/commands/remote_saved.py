"""What a service keeps for a user beside files: pipelines, and keys of hashes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from csvapi.commands.key_files import secret_of
from csvapi.commands.remote_service import service
from csvapi.errors import InvalidInput

if TYPE_CHECKING:
    import argparse

    from csvapi_client import Client

_PIPELINES, _KEYS = "/api/v1/pipelines", "/api/v1/hash-keys"
_VERSIONED = re.compile(r"(.+)@([1-9][0-9]{0,9})", re.DOTALL)


def reference(client: Client, given: str) -> dict[str, int]:
    """The saved pipeline NAME or NAME@VERSION as a task names it. Raises InvalidInput where there is none."""
    if found := _named(client, given):
        return {"id": found["id"]}
    if (parts := _VERSIONED.fullmatch(given)) and (found := _named(client, parts[1])):
        return {"id": found["id"], "version": int(parts[2])}
    raise InvalidInput(f"there is no pipeline {given!r} at the service; csvapi remote pipelines lists them")


def _named(client: Client, name: str) -> dict[str, Any] | None:
    """The pipeline of that name, regardless of case as names are at the service."""
    found = _pages(client, _PIPELINES, {"name": name})
    return next((each for each in found if each["name"].casefold() == name.casefold()), None)


def _pages(client: Client, path: str, query: dict[str, str]) -> list[dict[str, Any]]:
    """The items of all pages of a list."""
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        answer = client.request("GET", path, params={**query, **cursor}).json()
        found += answer["items"]
        if answer["next"] is None:
            return found
        cursor = {"cursor": answer["next"]}


def pipelines(options: argparse.Namespace) -> int:
    """List the saved pipelines."""
    del options
    with service() as client:
        for each in _pages(client, _PIPELINES, {}):
            wanted = ",".join(each["parameters"])
            print(f"{each['id']}\t{each['version']}\t{each['updated_at']}\t{each['name']}\t{wanted}")
    return 0


def save(options: argparse.Namespace) -> int:
    """Save a pipeline of a file under its name: a new one, or the next version; prints NAME@VERSION."""
    from csvapi.commands.pipeline_file import read  # only here, to start fast without it

    found = read(options.file)
    for fault in found.faults:
        raise InvalidInput(f"{options.file}: {fault.pointer}: {fault.detail}")
    name = options.name or found.given.get("name")
    if not name:
        raise InvalidInput(f"{options.file} gives the pipeline no name; give --name NAME")
    with service() as client:
        if there := _named(client, name):
            path = f"{_PIPELINES}/{there['id']}/versions"
            made = client.request("POST", path, json=found.content).json()
        else:
            body = {**found.given, "name": name}
            made = client.request("POST", _PIPELINES, json=body).json()
    print(f"{name}@{made['version']}")
    return 0


def keys(options: argparse.Namespace) -> int:
    """List the keys of hashes, never a secret."""
    del options
    with service() as client:
        for each in client.request("GET", _KEYS).json()["items"]:
            print(f"{each['name']}\t{each['fingerprint']}\t{each['created_at']}")
    return 0


def add_key(options: argparse.Namespace) -> int:
    """Give the service a key, or have it make a random one that nobody sees; prints its fingerprint."""
    body = {"name": options.name}
    if options.key_file is not None:
        body["secret"] = secret_of(options.key_file)
    with service() as client:
        print(client.request("POST", _KEYS, json=body).json()["fingerprint"])
    return 0


def delete_key(options: argparse.Namespace) -> int:
    """Delete a key: hashes made with it can no longer be made again."""
    with service() as client:
        found = [each for each in client.request("GET", _KEYS).json()["items"] if each["name"] == options.name]
        if not found:
            raise InvalidInput(f"there is no key {options.name!r} at the service; csvapi remote keys lists them")
        client.request("DELETE", f"{_KEYS}/{found[0]['id']}")
    return 0
