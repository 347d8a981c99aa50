"""Run the examples in the documentation and write what they print below them; `--check` only says whether it is there.

An example is a block that begins with ```console. A line of it that begins with `$ ` is a command for bash, which goes
on in the next line after a backslash; what stands below it is what it prints, standard error included.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
FILES = DOCS / "files"
PAGES = ("reading.md", "warnings.md", "command-line.md", "recipes.md")
_BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.DOTALL | re.MULTILINE)
_COMMAND = re.compile(r"^\$ ((?:.*\\\n)*.*)\n", re.MULTILINE)


def blocks(page: str) -> list[str]:
    """The examples of a page, each with its commands and what is written below them."""
    return _BLOCK.findall(page)


def printed(block: str) -> str:
    """The same block with what its commands print now; they share a shell and a folder with what is in docs/files."""
    commands = _COMMAND.findall(block)
    mark = "\x1e"  # a character that no example prints
    script = [f'csvapi() {{ "{sys.executable}" -m csvapi "$@"; }}', "exec 2>&1"]
    for command in commands:
        script += [f"printf '{mark}'", command]
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(FILES, folder, dirs_exist_ok=True)
        done = subprocess.run(
            ["/bin/bash", "-c", "\n".join(script)],
            cwd=folder,
            env={**os.environ, "LC_ALL": "C.UTF-8", "PYTHONPATH": str(DOCS.parent)},
            stdout=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    outputs = done.stdout.decode("utf-8").split(mark)[1:]
    return "".join(
        f"$ {command}\n{output}" + ("\n" if output and not output.endswith("\n") else "")
        for command, output in zip(commands, outputs, strict=True)
    )


def page(text: str) -> str:
    """A page with what its examples print now."""
    return _BLOCK.sub(lambda found: printed(found[0]), text)


def main() -> int:
    stale = False
    for name in PAGES:
        path = DOCS / name
        old = path.read_text(encoding="utf-8")
        if (new := page(old)) != old:
            stale = True
            if "--check" not in sys.argv:
                path.write_text(new, encoding="utf-8")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
