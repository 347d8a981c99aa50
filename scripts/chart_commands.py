"""Let helm and kubectl parse the commands of a page, without a cluster: python scripts/chart_commands.py TOOLS PAGE

A command that they understand fails because there is no cluster, or succeeds where it needs none; any other failure is
one of the page. Commands are the lines of blocks that begin with ```sh.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"(?<=^```sh\n).*?(?=^```$)", re.DOTALL | re.MULTILINE)
UNREACHABLE = re.compile(r"cluster unreachable|connection refused|was refused|server API group list", re.IGNORECASE)


def commands(page: str) -> list[str]:
    """The commands, those over several lines as one."""
    text = "".join(BLOCK.findall(page)).replace("\\\n", " ")
    return [line for line in text.splitlines() if line.strip()]


def wrong(command: str, tools: Path, folder: Path) -> str:
    """What the program says against the command; "" where it understands it."""
    env = {**os.environ, "PATH": f"{tools.resolve()}:{os.environ['PATH']}", "KUBECONFIG": str(folder / "none")}
    done = subprocess.run(["bash", "-c", command], cwd=folder, env=env, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 or UNREACHABLE.search(done.stderr) else done.stderr.strip() or "it fails"


def main() -> int:
    tools, page = map(Path, sys.argv[1:])
    found = commands(page.read_text())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "deploy").symlink_to(ROOT / "deploy")
        faults = [f"{command}\n  {fault}" for command in found if (fault := wrong(command, tools, folder))]
    print(*faults, f"{page}: {len(found)} commands, {len(faults)} wrong", sep="\n")
    return 1 if faults or not found else 0


if __name__ == "__main__":
    sys.exit(main())
