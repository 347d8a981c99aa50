"""Write the Python client that waits from the one for asyncio; --check only says what is stale."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

HOME = Path(__file__).parents[1] / "clients" / "python" / "src" / "csvapi_client"
WORDS = {
    r"async (def|with|for) ": r"\1 ",
    r"await ": "",
    r"\bAsyncIterator\b": "Iterator",
    r"\bAsync(Client|File|Task|Upload)\b": r"\1",
    r"\basynccontextmanager\b": "contextmanager",
    r"\b__aenter__\b": "__enter__",
    r"\b__aexit__\b": "__exit__",
    r"\baclose\b": "close",
    r"\baread\b": "read",
    r"\baiter_": "iter_",
    r"asyncio\.sleep": "time.sleep",
    r"^import asyncio\n": "import time\n",
    r"\bAsyncTransport\b": "Transport",
    r"\b_async\b": "_sync",
    r"`async with`": "`with`",
    r"Several tasks may": "Several threads may",
    r"The client for asyncio.*: change this": "Made from `_async` by scripts/sync_client.py: change that",
}


def made(source: Path) -> str:
    """The module for programs that wait, formatted."""
    text = source.read_text()
    for old, new in WORDS.items():
        text = re.sub(old, new, text, flags=re.MULTILINE)
    ruff = Path(sys.executable).with_name("ruff")
    name = ("--stdin-filename", str(HOME / "_sync" / source.name), "-")
    for command in (("check", "--quiet", "--fix", "--exit-zero", "--select", "I,UP028", "--unsafe-fixes"), ("format",)):
        text = subprocess.run([ruff, *command, *name], input=text, capture_output=True, text=True, check=True).stdout
    return text


def main() -> int:
    stale = []
    (HOME / "_sync").mkdir(exist_ok=True)
    for source in sorted((HOME / "_async").glob("*.py")):
        target, text = HOME / "_sync" / source.name, made(source)
        if not target.exists() or target.read_text() != text:
            stale.append(target.name)
            if "--check" not in sys.argv:
                target.write_text(text)
    if stale and "--check" in sys.argv:
        print(f"stale in _sync: {', '.join(stale)}; run scripts/sync_client.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
