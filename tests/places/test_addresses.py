"""Which addresses are places, and which of them a setting allows; names and host keys as others give them."""

from __future__ import annotations

import asyncssh
import pytest

from csvapi.places import names
from csvapi.places.addresses import parse, permission
from csvapi.places.host_keys import fingerprint

PLACES = "s3://lake/in/, sftp://files.example.com:2222/out/, sftp://*.partners.example:22/,sftp://10.0.0.7/"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("s3://lake/in/x", "s3://lake/in/x/"),
        ("s3://lake/", "s3://lake/"),
        ("s3://lake/a//b/", "s3://lake/a/b/"),
        ("sftp://Files.Example.com/out", "sftp://files.example.com:22/out/"),
        ("sftp://[::1]:2222/", "sftp://[::1]:2222/"),
        ("s3://lake/../x/", None),
        ("sftp://h/a/../b/", None),
        ("sftp://h/a/./b/", None),
        ("sftp://h/a\\b/", None),
        ("sftp://h/a\n/", None),
        ("sftp://user@h/a/", None),
        ("sftp://h:0/a/", None),
        ("sftp://h:65536/a/", None),
        ("sftp://h", None),
        ("s3://UP/x/", None),
        ("https://h/a/", None),
        ("file:///etc/", None),
        (f"s3://lake/{'x' * 1000}/", None),
    ],
)
def test_an_address_has_one_form(text: str, found: str | None) -> None:
    address = parse(text)
    assert (str(address) if address else None) == found


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("s3://lake/in/", True),
        ("s3://lake/in/deep/", True),
        ("sftp://files.example.com:2222/out/a/", True),
        ("sftp://10.0.0.7:22/anything/", True),
        ("sftp://a.partners.example/x/", False),
        ("s3://lake/inner/", None),
        ("s3://lake/", None),
        ("s3://other/in/", None),
        ("sftp://files.example.com:22/out/", None),
        ("sftp://files.example.com:2222/outer/", None),
        ("sftp://partners.example/x/", None),
        ("sftp://evilpartners.example/x/", None),
        ("sftp://*.partners.example/x/", None),
        ("sftp://10.0.0.70/x/", None),
    ],
)
def test_a_place_is_allowed_by_the_setting_alone(text: str, named: bool | None) -> None:
    address = parse(text)
    assert address is not None
    found = permission(address, PLACES)
    assert (found.named if found else None) == named
    assert permission(address, "") is None


@pytest.mark.parametrize("name", ["a.csv", "Ä b.csv", "x" * 255, "a..b", "=1.csv"])
def test_names_that_stay_in_their_folder(name: str) -> None:
    assert names.is_safe(name)


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", ".a", "a/b", "../a", "a\\b", "a\nb", "a\0b", "a\x7f", "x" * 256, "ä" * 128, "\udcff", "a\u202eb"],
)
def test_names_that_do_not(name: str) -> None:
    assert not names.is_safe(name)


def test_results_have_names_made_of_those_of_files() -> None:
    made = names.rendered("{date}-{stem}.{id}.{suffix}", "a.b.csv", 7, "2026-01-31")
    assert made == "2026-01-31-a.b.7.csv"
    assert names.rendered("{name}.x", "{id}", 7, "") == "{id}.x"
    assert not names.problem("{stem}.clean.csv")
    for wrong in ("clean.csv", "{stem}/x.csv", "../{stem}", ".{stem}", "{stem!r}", "{stem.x}", "{stem", "{}"):
        assert names.problem(wrong), wrong


def test_a_host_key_is_a_fingerprint_or_a_line() -> None:
    for kind in ("ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa"):
        key = asyncssh.generate_private_key(kind)
        line = key.export_public_key().decode().strip()
        for text in (
            line,
            f"files.example.com,10.0.0.1 {line} a comment",
            f"|1|abc=|def= {line}",
            key.get_fingerprint(),
        ):
            assert fingerprint(text) == key.get_fingerprint()
    for wrong in ("", "MD5:00:11", "SHA256:short", "@revoked * " + line, "host ssh-ed25519 AAAA", "host ssh-rsa !!!!"):
        assert fingerprint(wrong) is None
