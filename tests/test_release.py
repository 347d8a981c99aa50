"""What publishes a release says and does the right things, as far as that can be seen without publishing one."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import csvapi
from scripts import release_metadata
from scripts.site import pages

ROOT = Path(__file__).parents[1]
WORKFLOWS = {path.stem: yaml.safe_load(path.read_text()) for path in (ROOT / ".github" / "workflows").glob("*.yml")}
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
SOURCE = pages.source()


def steps() -> list[tuple[str, dict[str, Any]]]:
    return [
        (name, step)
        for name, workflow in WORKFLOWS.items()
        for job in workflow["jobs"].values()
        for step in job.get("steps", ())
    ]


def test_workflows_run_what_a_person_runs() -> None:
    assert {"run": ".ci/run"} in [step for name, step in steps() if name == "check"]
    for _, step in steps():
        for command in step.get("run", "").splitlines():
            words = command.split()
            targets = words[1:] if words[0] == "make" else []
            assert set(targets) <= TARGETS, command
            assert all((ROOT / word).exists() for word in words if word.startswith((".ci/", "scripts/"))), command


def test_only_publishing_may_do_more_than_read() -> None:
    for name, workflow in WORKFLOWS.items():
        assert workflow["permissions"] == {"contents": "read"}, name
        for job, described in workflow["jobs"].items():
            more = {right for right, value in described.get("permissions", {}).items() if value == "write"}
            assert not more or job.startswith("publish"), f"{name}: {job}"
    release = WORKFLOWS["release"]["jobs"]
    assert release["publish"]["needs"] == ["check", "wheels", "sdist"]
    assert "secrets." not in "".join(path.read_text() for path in (ROOT / ".github" / "workflows").iterdir())


def test_the_tools_of_a_release_are_the_same_here_and_there() -> None:
    script = (ROOT / "scripts" / "release_check.sh").read_text()
    (build,) = re.findall(r"\bBUILD=(\S+)", script)
    assert f"build=={build}" in (ROOT / ".github" / "workflows" / "release.yml").read_text()


@pytest.mark.parametrize(
    ("tag", "repository", "says"),
    [
        ("v9.9.9", SOURCE, "the tag is v9.9.9"),
        (f"v{csvapi.__version__}", "https://elsewhere.example/csvapi", "gives another address"),
    ],
)
def test_a_tag_that_does_not_fit_is_refused(tag: str, repository: str, says: str) -> None:
    assert any(says in fault for fault in release_metadata.wrong_tag(tag, repository))
    assert list(release_metadata.wrong_tag(f"v{csvapi.__version__}", SOURCE)) == []


def test_no_link_of_the_pages_is_dead() -> None:
    known, wrong = pages.pages(), list[str]()
    for page in known:
        pages.rewritten(page, set(known), wrong)
    assert wrong == []
    pages.resolved(Path("README.md"), "docs/none.md", set(known), wrong)
    assert wrong == ["README.md: docs/none.md is not there"]
    assert pages.resolved(Path("docs/api.md"), "../Makefile", set(known), wrong) == f"{SOURCE}/blob/main/Makefile"


def test_every_page_is_on_the_site() -> None:
    listed = pages.index(pages.pages())
    for page in pages.pages():
        assert f"\n{page.with_suffix('')}\n" in listed or str(page) == "README.md", page
    named = [name for names in pages.GROUPS.values() for name in names]
    assert [name for name in named if not (ROOT / "docs" / f"{name}.md").exists()] == []


def test_forms_for_issues_and_the_container_for_developers_can_be_read() -> None:
    forms = [yaml.safe_load(path.read_text()) for path in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml")]
    asked = [part for form in forms for part in form.get("body", ())]
    assert {part["type"] for part in asked} <= {"markdown", "textarea", "input", "dropdown", "checkboxes"}
    assert all(part["attributes"].get("label") for part in asked if part["type"] != "markdown")
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())
    assert container["onCreateCommand"].endswith("make .venv/dev")
