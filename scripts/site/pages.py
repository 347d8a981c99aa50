"""Gather the pages of the site: python scripts/site/pages.py FOLDER

Every Markdown file that people read, at its place in the repository, and the pictures in it. A link to anything else in
the repository leads to the source on the web; one to nothing is an error. Links to other sites stay as they are.
"""

from __future__ import annotations

import re
import shutil
import sys
from configparser import ConfigParser
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("docs", "docs/decisions", "clients/python", "clients/typescript", "benchmarks")
GROUPS = {
    "Use it": (
        "console",
        "api",
        "operations",
        "recipes",
        "command-line",
        "reading",
        "warnings",
        "similar",
        "detection",
    ),
    "Run it": ("settings", "operating", "kubernetes", "cluster", "security", "asvs", "performance", "generated-names"),
}
LINK = re.compile(r"(!?\[[^\]]*\]\()([^)\s#]+)?(#[^)\s]+)?(\))")
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.DOTALL | re.MULTILINE)
PICTURES = (".png", ".svg")


def source() -> str:
    """Where the repository is on the web."""
    config = ConfigParser()
    config.read(ROOT / "setup.cfg")
    lines = dict(line.split(" = ") for line in config["metadata"]["project_urls"].strip().splitlines())
    return lines["Source"]


def pages() -> list[Path]:
    """The Markdown files, relative to the root."""
    found = [path for folder in ("", *FOLDERS) for path in sorted((ROOT / folder).glob("*.md"))]
    return [path.relative_to(ROOT) for path in found]


def resolved(page: Path, target: str, known: set[Path], wrong: list[str]) -> str:
    """What the link becomes: itself where the site has it, the source on the web where the repository has it."""
    path = (ROOT / page.parent / target).resolve()
    if re.match(r"[a-z]+:", target):
        return target
    if not path.is_relative_to(ROOT) or not path.exists():
        wrong.append(f"{page}: {target} is not there")
        return target
    relative = path.relative_to(ROOT)
    if relative in known or relative.suffix in PICTURES:
        return target
    return f"{source()}/{'tree' if path.is_dir() else 'blob'}/main/{relative}"


def rewritten(page: Path, known: set[Path], wrong: list[str]) -> str:
    """The page with its links as the site needs them; what stands in code stays."""
    text = (ROOT / page).read_text(encoding="utf-8")
    parts, at = [], 0
    for code in [*CODE.finditer(text), None]:
        end = code.start() if code else len(text)
        parts.append(LINK.sub(lambda found: _link(found, page, known, wrong), text[at:end]))
        parts.append(code[0] if code else "")
        at = code.end() if code else end
    return "".join(parts)


def _link(found: re.Match[str], page: Path, known: set[Path], wrong: list[str]) -> str:
    before, target, place, after = found.groups()
    return f"{before}{resolved(page, target, known, wrong) if target else ''}{place or ''}{after}"


def index(known: list[Path]) -> str:
    """The first page: the README's, and lists of all others."""
    grouped = {title: [f"docs/{name}" for name in names] for title, names in GROUPS.items()}
    listed = {f"{name}.md" for names in grouped.values() for name in names} | {"README.md"}
    grouped["Decisions"] = [str(page.with_suffix("")) for page in known if "decisions" in page.parts]
    listed |= {f"{name}.md" for name in grouped["Decisions"]}
    grouped["And"] = [str(page.with_suffix("")) for page in known if str(page) not in listed]
    trees = [
        "\n".join(["```{toctree}", ":hidden:", f":caption: {title}", "", *names, "```"])
        for title, names in grouped.items()
    ]
    return "\n\n".join(["```{include} README.md\n```", *trees]) + "\n"


def main() -> int:
    target = Path(sys.argv[1])
    shutil.rmtree(target, ignore_errors=True)
    known, wrong = pages(), list[str]()
    for page in known:
        (target / page).parent.mkdir(parents=True, exist_ok=True)
        (target / page).write_text(rewritten(page, set(known), wrong), encoding="utf-8")
    for path in (ROOT / "docs").rglob("*"):
        if path.suffix in PICTURES:
            (target / path.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target / path.relative_to(ROOT))
    (target / "index.md").write_text(index(known), encoding="utf-8")
    print(*wrong, sep="\n", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
