"""`csvapi completion`, asked as a shell asks it."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from csvapi.cli import COMMANDS
from csvapi.commands.completion import SHELLS, script
from csvapi.operations import catalogue
from tests.commands.program import complaint, csvapi

ROOT = Path(__file__).parents[2]
PEOPLE = 'id,full name,"a,b",#7,id\n1,2,3,4,5\n'
# what bash does at a Tab: it sets these variables, calls the function that the script registered, and reads COMPREPLY
ASK = """
csvapi() {{ {python} -m csvapi "$@"; }}
source {script}
ask() {{
  COMP_LINE="$*"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_POINT=${{#COMP_LINE}}
  _shtab_csvapi
  printf '%s\\n' "${{COMPREPLY[@]}}"
}}
ask "$@"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("completion")
    (folder / "people.csv").write_text(PEOPLE)
    (folder / "inner").mkdir()
    made = folder / "csvapi.bash"
    made.write_text(script("bash"))
    (folder / "ask.bash").write_text(ASK.format(python=shlex.quote(sys.executable), script=made))
    return folder


def asked(folder: Path, *words: str) -> list[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["bash", "ask.bash", "csvapi", *words], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stderr == "" or "compopt" in done.stderr, done.stderr
    return [line for line in done.stdout.splitlines() if line]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["ded"], ["dedup"]),
        (["dedup", "peo"], ["people.csv"]),
        (["dedup", "people.csv", "--on-r"], ["--on-ragged"]),
        (["dedup", "people.csv", "--on-ragged", ""], ["keep", "pad", "drop", "fail"]),
        (["dedup", "people.csv", "--workspace", "i"], ["inner"]),
        (["dedup", "people.csv", "--columns", ""], ["#1", r"full\ name", r"\"a,b\"", "##7", "#5"]),
        (["dedup", "people.csv", "--columns", "##7,f"], [r"##7,full\ name"]),
        (["dedup", "people.csv", "--columns", "'##7,fu"], ["'##7,full name"]),
        (["unique", "people.csv", "--column", "a"], ["a,b"]),
        (["unique", "none.csv", "--column", "a"], []),
        (["remote", "run", "people.csv", "--engine", "c"], ["cluster"]),
        (["completion", ""], list(SHELLS)),
    ],
)
def test_bash_completes(folder: Path, words: list[str], found: list[str]) -> None:
    assert asked(folder, *words) == found


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_has_every_command(shell: str) -> None:
    told = script(shell)
    assert [name for name in (*catalogue(), *COMMANDS) if name not in told] == []
    assert "csvapi completion columns" in told


def test_zsh_and_tcsh_ask_in_their_way(folder: Path) -> None:
    line = f"csvapi unique {folder}/people.csv --column fu"
    assert csvapi("completion", "columns", "zsh", "one", "fu", COMMAND_LINE=line).stdout == b"full name\n"
    assert csvapi("completion", "columns", "tcsh", "one", COMMAND_LINE=line).stdout == b"full\\ name\n"
    inside = f"unique {folder}/people.csv --columns id,fu"  # zsh leaves the program out within a command
    assert csvapi("completion", "columns", "zsh", "several", "id,fu", COMMAND_LINE=inside).stdout == b"id,full name\n"


def test_what_cannot_be_read_has_no_columns(folder: Path) -> None:
    (folder / "noise.csv").write_bytes(bytes(range(256)) * 8)
    line = f"csvapi unique {folder}/noise.csv --column "
    done = csvapi("completion", "columns", "bash", "one", "", COMMAND_LINE=line)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_another_shell_is_a_mistake() -> None:
    assert "invalid choice: 'ksh'" in complaint("completion", "ksh", code=2)
