"""`csvapi start` as a process: what it says, what it survives, what it leaves behind."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from csvapi.native.loader import parser
from tests.processes import alive
from tests.start.running import Running, refused, started
from tests.waiting import until


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with started(tmp_path_factory.mktemp("running")) as instance:
        yield instance


def test_says_where_everything_is(running: Running) -> None:
    text = running.text()
    assert f"Swagger UI  {running.url}/swagger/" in text
    assert f"Data        {running.output.parent / 'var'}\n" in text
    assert f"Parser      {parser()}\n" in text
    assert "Ctrl-C" in text
    for line in text.splitlines():
        if line.startswith("  ") and running.url in line and "curl" not in line and "/api/" not in line:
            assert running.get(line.split(running.url)[1]).status_code in {200, 302}


def test_is_alive_and_ready(running: Running) -> None:
    assert running.get("/healthz").status_code == 200
    ready = running.get("/readyz").json()
    assert (ready["queue"], ready["parser"]) == ("ok", parser())


def test_the_log_says_by_what_each_program_reads(running: Running) -> None:
    for program in ("web", "worker"):
        (line,) = re.findall(rf"^.*{program}_started.*$", running.text(), re.MULTILINE)
        assert f"parser='{parser()}'" in line


def test_the_commands_it_prints_work_as_printed(running: Running) -> None:
    commands = [line.strip() for line in running.text().splitlines() if "curl" in line]
    for _ in range(2):  # the second time the account is already there
        done = subprocess.run(["bash", "-c", "\n".join(commands)], capture_output=True, text=True, check=True)
        assert "File uploaded successfully" in done.stdout, done


def test_what_it_stores_is_for_its_owner_alone(running: Running) -> None:
    for path in (running.output.parent / "var").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


@pytest.mark.parametrize("name", ["web", "worker", "scheduler", "valkey-server"])
def test_starts_a_dead_program_again(running: Running, name: str) -> None:
    first = running.named(name)
    os.kill(first, signal.SIGKILL)
    until(lambda: not alive({first}))
    assert running.named(name) != first
    assert "was killed by SIGKILL; starting it again" in running.text()
    until(lambda: running.get("/readyz").status_code == 200)


def test_all_programs_are_in_one_session_so_that_their_niceness_counts(running: Running) -> None:
    """Linux gives every session the same share of the processor, whatever the niceness of its processes."""
    programs = {running.named(name) for name in ("web", "worker", "scheduler", "valkey-server")}
    assert {os.getsid(pid) for pid in programs} == {os.getsid(running.pid)}
    assert {os.getpgid(pid) for pid in programs} == programs, "Ctrl-C reaches the supervisor alone"


def test_a_second_one_on_the_same_data_is_refused(running: Running) -> None:
    folder = running.output.parent / "var"
    line = refused(running.output.parent / "second", CSVAPI_DATA_DIR=str(folder))
    assert f"(process {running.pid}) is using the data folder {folder}" in line


def test_a_port_in_use_is_refused(running: Running, tmp_path: Path) -> None:
    port = running.url.rsplit(":", 1)[1]
    line = refused(tmp_path, CSVAPI_PORT=port)
    assert f"Port {port} on 127.0.0.1 is in use" in line
    assert "CSVAPI_PORT=8001 make run" in line


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    line = refused(tmp_path, CSVAPI_DATA_DIR="file")
    assert f"Cannot write to the data folder {tmp_path / 'file'}" in line
    assert "CSVAPI_DATA_DIR=" in line


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"CSVAPI_PORT": "eighty"}, "CSVAPI_PORT must be a whole number"),
        ({"CSVAPI_PORT": "70000"}, "no port 70000"),
        ({"CSVAPI_HOST": "192.0.2.1"}, "Cannot listen on 192.0.2.1"),
        ({"CSVAPI_JWT_KEY": "short"}, "CSVAPI_JWT_KEY must be set to a secret of at least 32 characters"),
        ({"DATABASE_URL": "mysql+pymysql://nobody@127.0.0.1:1/none"}, "The database cannot be brought up to date"),
    ],
)
def test_a_wrong_setting_is_one_line(tmp_path: Path, settings: dict[str, str], words: str) -> None:
    assert words in refused(tmp_path, **settings)


def test_stops_cleanly_and_starts_again_on_the_same_data(tmp_path: Path) -> None:
    with started(tmp_path) as first:
        family = first.family()
        assert len(family) >= 5
        assert first.stop() == 0
        assert not alive(family)
    secrets = (tmp_path / "var" / "secrets.env").read_text()
    with started(tmp_path) as second:
        assert (tmp_path / "var" / "secrets.env").read_text() == secrets
        assert second.get("/readyz").status_code == 200


def test_ctrl_c_twice_stops_too(tmp_path: Path) -> None:
    with started(tmp_path) as instance:
        family = instance.family()
        instance.process.send_signal(signal.SIGINT)
        assert instance.stop(signal.SIGINT) == 0
        assert not alive(family)


def test_leaves_nothing_behind_when_it_is_killed(tmp_path: Path) -> None:
    with started(tmp_path) as instance:
        family = instance.family()
        instance.stop(signal.SIGKILL)
        until(lambda: not alive(family), within=5)
    with started(tmp_path) as again:
        assert again.get("/readyz").status_code == 200


def test_stops_while_it_starts(tmp_path: Path) -> None:
    instance = Running(tmp_path)
    until(lambda: (tmp_path / "var" / "queue" / "valkey.sock").exists())
    family = instance.family()
    assert instance.stop() == 0
    assert not alive(family)


def test_a_folder_with_a_long_path_gets_its_queue_on_a_loopback_port(tmp_path: Path) -> None:
    with started(tmp_path / ("long" * 40)) as instance:
        assert instance.get("/readyz").status_code == 200


def test_takes_over_a_listening_address_with_ipv6(tmp_path: Path) -> None:
    if not socket.has_ipv6 or not Path("/proc/net/if_inet6").exists():
        pytest.skip("this machine has no IPv6")
    with started(tmp_path, CSVAPI_HOST="::1") as instance:
        assert instance.url.startswith("http://[::1]:")
        assert instance.get("/readyz").status_code == 200
