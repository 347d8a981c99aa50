"""Every setting reaches the containers, and everything that docker-compose.yml reads is explained in .env.example."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

import csvapi
from csvapi.config import Settings

ROOT = Path(__file__).parents[1]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
EXAMPLE = set(re.findall(r"^([A-Z_0-9]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
READ = set(re.findall(r"(?<!\$)\$\{([A-Z_0-9]+)", (ROOT / "docker-compose.yml").read_text()))
NATIVE = "CSVAPI_NATIVE"  # no field of Settings: the command line, which reads none, goes by it too
SETTINGS = [*(str(item.metadata["env"]) for item in fields(Settings)), NATIVE]
OURS = ("migrate", "web", "worker", "scheduler")
OTHERWISE = {  # settings that no line of .env reaches as they are, and why
    "CSVAPI_HOST": "the image listens on every address of its container",
    "CSVAPI_DATA_DIR": "the image has /data, where the volume is",
    "CSVAPI_WORKERS": "one in each container: WORKERS says how many containers",
    "CSVAPI_STOP_GRACE": "below stop_grace_period, which stands beside it",
    "CSVAPI_ADMIN_EMAIL": "ADMIN_EMAIL, read by migrate alone",
    "CSVAPI_ADMIN_PASSWORD": "ADMIN_PASSWORD, read by migrate alone",
}
ONLY = {  # settings of one program, and names that mean something to Compose, too
    "CSVAPI_PORT": "published: the container's own is 8000",
    "CSVAPI_WEB_WORKERS": "web",
    "CSVAPI_WEB_THREADS": "web",
}
BUILT = {"CSVAPI_REVISION", "CSVAPI_CREATED", "CSVAPI_SOURCE"}  # scripts/stack.sh asks git


@pytest.mark.parametrize("name", [name for name in SETTINGS if name not in OTHERWISE | ONLY])
def test_every_setting_reaches_the_containers(name: str) -> None:
    for service in OURS:
        value = SERVICES[service]["environment"].get(name, "")
        assert f"${{{name}:" in value, (
            f"add this line to x-environment in docker-compose.yml:\n  {name}: ${{{name}:-}}\n"
            f"or {name} to OTHERWISE in tests/test_compose.py, with the reason"
        )


@pytest.mark.parametrize("name", [name for name in SETTINGS if name not in OTHERWISE])
def test_every_setting_can_be_set_in_the_env_file(name: str) -> None:
    assert name in EXAMPLE, f"add this line to .env.example, below what it is about:\n{name}="
    assert name in READ


def test_the_env_file_has_all_that_compose_reads_and_nothing_else() -> None:
    assert sorted(READ - BUILT - EXAMPLE) == [], "docker-compose.yml reads these: add a line NAME= to .env.example"
    assert sorted(EXAMPLE - READ) == ["COMPOSE_PROFILES", "COMPOSE_PROJECT_NAME"], "nothing reads these"


def test_no_reason_is_kept_for_a_setting_that_is_gone() -> None:
    assert OTHERWISE.keys() | ONLY.keys() <= set(SETTINGS)


def test_what_the_operators_page_names_can_be_set() -> None:
    page = (ROOT / "docs" / "operating.md").read_text()
    named = set(re.findall(r"\b(?:CSVAPI|DB|REDIS|MINIO|ADMIN|WEB|WORKER)_[A-Z0-9_]+\b|\bWAIT_SECONDS\b", page))
    assert sorted(named - EXAMPLE) == [], "docs/operating.md names what .env does not have"


@pytest.mark.parametrize("name", SERVICES)
def test_no_container_has_rights_it_does_not_need(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    if name != "minio":
        assert service["read_only"] is True


def test_the_image_says_what_it_is() -> None:
    text = (ROOT / "Dockerfile").read_text()
    assert f"ARG VERSION={csvapi.__version__}\n" in text, f"write ARG VERSION={csvapi.__version__} into the Dockerfile"
    labels = set(re.findall(r"org\.opencontainers\.image\.([a-z.]+)=", text))
    assert labels == {"title", "description", "version", "revision", "created", "source", "licenses", "base.name"}
    assert re.findall(r"^FROM (\S+)", text, re.MULTILINE) == ["${PYTHON_IMAGE}"] * 2


@pytest.mark.parametrize(
    ("file", "line"), [("docker-compose.yml", r"^  ([A-Z][A-Z_0-9]+):"), (".env.example", r"^([A-Z_0-9]+)=")]
)
def test_no_name_is_given_twice(file: str, line: str) -> None:
    """Compose refuses such a file; the parser that these tests use takes the last of the two."""
    names = re.findall(line, (ROOT / file).read_text(), re.MULTILINE)
    assert names
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_the_containers_know_every_command_of_the_operators_page() -> None:
    page = (ROOT / "docs" / "operating.md").read_text()
    named = set(re.findall(r"docker compose run --rm web (\w+)", page))
    known = re.findall(r"^([\w |-]+)\)", (ROOT / "scripts" / "entrypoint.sh").read_text(), re.MULTILINE)
    assert named >= {"admin", "invite"}
    assert named <= set(" ".join(known).replace("|", " ").split())
