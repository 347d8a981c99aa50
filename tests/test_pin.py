"""`make pin` writes what the registry answers into .env, for every image that is used."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
IMAGES = {
    "PYTHON_IMAGE": "python:3.11-slim-bookworm",
    "DB_IMAGE": "mysql:8.4",
    "REDIS_IMAGE": "redis:7.2-bookworm",
    "MINIO_IMAGE": "minio/minio:RELEASE.2025-09-07T16-13-09Z",
}
DIGEST = "sha256:" + "0123456789abcdef" * 4
# What stands where Docker's own program would: there is no registry to ask here.
ENGINE = f"""#!/bin/sh
case "$*" in
info) ;;
"buildx imagetools inspect --format {{{{.Manifest.Digest}}}} "*) [ -e up ] && echo {DIGEST} ;;
*) exit 1 ;;
esac
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in ("scripts/stack.sh", "docker-compose.yml", ".env.example"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "docker").write_text(ENGINE)
    (tmp_path / "bin" / "docker").chmod(0o755)
    return tmp_path


def pin(folder: Path) -> subprocess.CompletedProcess[str]:
    env = {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
    command = ["scripts/stack.sh", "pin"]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=30, check=False)


def images(folder: Path) -> dict[str, str]:
    lines = (folder / ".env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line.split("=")[0].endswith("_IMAGE"))


def test_every_image_gets_its_digest_and_a_later_one_takes_its_place(checkout: Path) -> None:
    (checkout / "up").touch()
    assert pin(checkout).returncode == 0
    wanted = {name: f"{image}@{DIGEST}" for name, image in IMAGES.items()}
    assert images(checkout) == {"CSVAPI_IMAGE": "", **wanted}
    done = pin(checkout)
    assert done.returncode == 0, done.stderr
    assert images(checkout) == {"CSVAPI_IMAGE": "", **wanted}


def test_without_an_answer_nothing_is_written(checkout: Path) -> None:
    done = pin(checkout)
    assert done.returncode == 1
    assert "No registry says what python:3.11-slim-bookworm is now" in done.stderr
    assert set(images(checkout).values()) == {""}
