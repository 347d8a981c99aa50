"""docs/csvapi.1 is fresh, names every command and option, and is a page that man programs read without complaint."""

from __future__ import annotations

import re
import shutil
import subprocess
from itertools import pairwise

import pytest

from csvapi.cli import COMMANDS
from csvapi.command_parsers import arguments, operations, others
from scripts import manual

PAGE = manual.PAGE.read_text(encoding="utf-8")
MACROS = {"TH", "SH", "SS", "PP", "TP", "br", "nf", "fi"}
ESCAPES = re.compile(r"\\(?:-|e|&|f[BIR]|\((?:aq|dq|ga|ha|ti))")


def test_the_page_is_fresh() -> None:
    assert manual.page() == PAGE, "run make docs"


def test_every_command_and_option_is_on_the_page() -> None:
    parsers = {**operations(), **others()}
    told = PAGE.replace(r"\-", "-")
    assert set(re.findall(r'^\.SS "csvapi (\w+)"$', told, re.MULTILINE)) == parsers.keys()
    assert COMMANDS.keys() <= parsers.keys()
    options = {string for parser in parsers.values() for each in arguments(parser) for string in each.option_strings}
    assert len(options) > 100
    assert [option for option in sorted(options) if rf"\fB{option}\fR" not in told] == []


def test_lines_are_text_or_macros_that_are_known() -> None:
    lines = PAGE.splitlines()
    for line in lines[1:]:
        macro = re.match(r"\.(\w*)", line)
        assert not macro or macro[1] in MACROS, line
        assert not line.startswith("'"), line
        assert "\\" not in ESCAPES.sub("", line), line
        assert line == line.strip() != "", line
    assert lines.count(".nf") == lines.count(".fi")
    assert lines[1].startswith(".TH CSVAPI 1 ")
    heads = [line for line in lines if line.startswith((".SH", ".SS"))]
    assert all(re.fullmatch(r'\.S[HS] "[^"]+"', line) for line in heads)
    assert [after for before, after in pairwise(lines) if before == ".TP" and after[0] == "."] == []


@pytest.mark.parametrize(
    "command",
    [
        command
        for command in (["mandoc", "-T", "lint", "-W", "warning"], ["groff", "-man", "-ww", "-z"])
        if shutil.which(command[0])
    ],
)
def test_programs_that_show_pages_have_nothing_to_complain_of(command: list[str]) -> None:
    done = subprocess.run([*command, manual.PAGE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
