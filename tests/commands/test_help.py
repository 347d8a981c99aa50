"""`csvapi --help` and `csvapi help WORDS`: commands are found by what they are for, and by other words than ours."""

from __future__ import annotations

import re
import subprocess

import pytest

from csvapi.cli import COMMANDS, usage
from csvapi.commands.finding import find, stem
from csvapi.operations import by_purpose, catalogue
from csvapi.steps.step import PURPOSES
from tests.commands.program import COMMAND, complaint, csvapi, output

JOBS = {
    "keep the newest contact": "dedup",
    "remove duplicates": "dedup",
    "list all duplicates": "dedup",
    "keep the fullest record": "dedup",
    "distinct values": "unique",
    "likely duplicate companies": "similar",
    "clean phone numbers": "set",
    "trim spaces": "set",
    "change dates": "set",
    "decimal comma": "set",
    "fill empty cells": "set",
    "fill empty from another column": "derive",
    "pseudonymise": "derive",
    "anonymize personal data": "derive",
    "add row numbers": "derive",
    "append files": "concat",
    "merge monthly exports": "concat",
    "what changed between two exports": "diff",
    "compare two columns": "filter",
    "anti-join": "join",
    "vlookup": "join",
    "sum by customer": "group",
    "count values": "frequency",
    "crosstab": "pivot",
    "melt a survey": "unpivot",
    "explode tags": "explode",
    "first and last name": "split_column",
    "rename columns": "select",
    "random sample": "sample",
    "drop the footer": "slice",
    "order by date": "sort",
    "check against a schema": "validate",
    "bad rows": "validate",
    "statistics": "profile",
    "excel": "convert",
    "encoding": "normalise",
    "swap rows and columns": "transpose",
    "which delimiter": "detect",
    "split by region into files": "(each)",
    "spreadsheet with two sheets": "(each)",
    "several steps": "process",
    "dd.mm.yyyy to ISO": "set",
    "currency and percent": "set",
    "dd.mm.yyyy": "set",
    "amounts to numbers": "set",
    "find duplicates": "dedup",
    "count by two columns": "frequency",
    "column against column": "filter",
    "rows not in other file": "join",
    "unmatched": "join",
    "remove footer": "slice",
    "bank statement": "slice",
    "split by region": "(each)",
    "read xlsx": "(each)",
    "gdpr": "derive",
}


def test_every_operation_stands_under_its_purpose() -> None:
    told = usage()
    assert [line.rstrip(":") for line in told.splitlines() if line.rstrip(":") in PURPOSES] == list(PURPOSES)
    for purpose, operations in by_purpose().items():
        assert operations, purpose
        section = told.split(f"\n{purpose}:\n")[1].split("\n\n")[0]
        assert re.findall(r"^  (\w+)", section, re.MULTILINE) == [each.name for each in operations]
    assert sorted(re.findall(r"^  (\w+)", told, re.MULTILINE)) == sorted([*catalogue(), *COMMANDS])


@pytest.mark.parametrize("asked", JOBS)
def test_a_job_is_found_under_the_words_of_people(asked: str) -> None:
    found = [each.name for each in find(asked, {name: each.summary for name, each in COMMANDS.items()})]
    assert JOBS[asked] in found[:3], found


def test_help_shows_the_parameters_that_are_meant() -> None:
    told = output("help", "fill", "empty").decode()
    assert "  set " in told
    assert "--fill " in told
    assert "--fill-previous " in told


def test_help_of_a_command_is_its_own() -> None:
    assert output("help", "dedup") == output("dedup", "--help")
    assert output("help") == output("--help") == usage().encode() + b"\n"


def test_help_says_so_where_nothing_is_found() -> None:
    assert "csvapi --help lists the commands" in complaint("help", "zzz")


def test_an_unknown_command_names_those_that_are_meant() -> None:
    assert "did you mean dedup?" in complaint("dedupe", code=2)
    line = complaint("pseudonymise", code=2)
    assert line == "csvapi: there is no command pseudonymise; did you mean derive?"
    assert csvapi("zzz").stderr.decode().endswith("csvapi --help lists the commands\n")


@pytest.mark.parametrize(
    ("one", "other"),
    [("counts", "counting"), ("normalize", "normalise"), ("duplicates", "duplicated"), ("tag", "tags")],
)
def test_endings_do_not_matter(one: str, other: str) -> None:
    assert stem(one) == stem(other)


def test_the_help_of_a_command_says_what_stands_in_an_object() -> None:
    told = " ".join(output("derive", "--help").decode().split())
    assert 'Takes "column", "key"; perhaps "encoding", "length", "fingerprint".' in told


def test_who_reads_the_help_may_stop() -> None:
    with subprocess.Popen([*COMMAND, "help", "sum"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as told:
        assert told.stdout
        assert told.stderr
        told.stdout.close()
        assert (told.stderr.read(), told.wait()) == (b"", 141)
