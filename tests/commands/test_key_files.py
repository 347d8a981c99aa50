"""`--key-file`: the key comes from a file, and is seen nowhere else."""

from __future__ import annotations

import hmac
import json
from pathlib import Path

import pytest

from tests.commands.program import complaint, output

SECRET = "what nobody else knows: 5f0c1d2e3f40"
PEOPLE = b"id,email\n1,ada@example.com\n2,\n3,ada@example.com\n"
HASH = json.dumps({"column": "email", "key": "partners", "length": 16})


def pseudonym(text: str) -> str:
    return hmac.digest(SECRET.encode(), text.encode(), "sha256").hex()


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "partners.key"
    path.write_text(f"{SECRET}\n")
    return path


def test_the_same_value_has_the_same_hash_in_every_run(tmp_path: Path, key: Path) -> None:
    receipt = tmp_path / "receipt.json"
    given = ("--key-file", f"partners={key}", "--receipt", receipt)
    found = output("derive", "-", "--column", "who", "--hash", HASH, *given, stdin=PEOPLE)
    short = pseudonym("ada@example.com")[:16]
    assert found.decode() == (
        f"id,email,who\n1,ada@example.com,{short}\n2,,\n3,ada@example.com,{short}\n"  # an empty cell stays empty
    )
    assert SECRET not in receipt.read_text()
    (step,) = json.loads(receipt.read_text())["receipt"]["steps"]
    assert len(step["hash"].pop("fingerprint")) == 16
    assert step == {"op": "derive", "column": "who", "hash": json.loads(HASH)}


def test_the_steps_of_a_receipt_run_with_that_key_alone(tmp_path: Path, key: Path) -> None:
    receipt = tmp_path / "receipt.json"
    flags = ("--column", "email", "--over", "--hash", HASH, "--receipt", receipt)
    found = output("derive", "-", *flags, "--key-file", f"partners={key}", stdin=PEOPLE)
    steps = json.dumps(json.loads(receipt.read_text())["receipt"]["steps"])
    key.write_text(f"{SECRET}\r\n")
    again = ("process", "-", "--steps", steps, "--key-file", f"partners={key}")
    assert output(*again, stdin=PEOPLE) == found
    key.write_text(f"{SECRET} another")
    assert "another key makes other hashes" in complaint(*again, stdin=PEOPLE)


def test_a_file_that_holds_no_key_is_named_and_its_content_is_not(tmp_path: Path, key: Path) -> None:
    asked = ("derive", "-", "--column", "who", "--hash", HASH, "--key-file", f"partners={key}")
    for content, says in (
        (b"a secret too short", "has 18 characters"),
        (b"\xff\xfe" * 40, "no text in UTF-8"),
        (b"line one of a secret\nline two of a secret\n", "not printable"),
    ):
        key.write_bytes(content)
        line = complaint(*asked, stdin=PEOPLE)
        assert f"{key}: " in line
        assert says in line
        assert "secret" not in line.replace(str(key), "")
    key.unlink()
    assert f"{key}: No such file" in complaint(*asked, stdin=PEOPLE)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ((), "give its file: --key-file partners=FILE"),
        (("--key-file", "partner=p.key"), "give its file: --key-file partners=FILE"),
        (("--key-file", "partners"), "is not NAME=FILE"),
        (("--key-file", "partners=p", "--key-file", "others=p"), "'others', and no step hashes with it"),
        (("--key-file", "partners=p", "--key-file", "partners=q"), "'partners' twice"),
    ],
)
def test_a_wrong_flag_is_refused_before_a_file_is_read(given: tuple[str, ...], says: str) -> None:
    line = complaint("derive", "-", "--column", "who", "--hash", HASH, *given, code=2)
    assert says in line


def test_a_key_is_never_overwritten(key: Path) -> None:
    given = ("--hash", HASH, "--key-file", f"partners={key}", "-o", key)
    assert "never overwritten" in complaint("derive", "-", "--column", "who", *given, code=2)
