"""The whole stack in containers, from `make up` to `make clean`; needs a Docker engine: `make test-docker`."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from tests.docker.stack import Client, Stack
from tests.waiting import until

SMALL = b'id,name\n007,Ada\n007,Ada\n8,"Grace ""Amazing"" Hopper"\n'
DEDUPED = b'id,name\n007,Ada\n8,"Grace ""Amazing"" Hopper"\n'
EMAIL = "ada@example.com"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("clone"))
    try:
        yield stack
    finally:
        stack.make("clean", "CONFIRM=yes")


@pytest.fixture
def client(stack: Stack) -> Iterator[Client]:
    with closing(Client(stack.url, EMAIL)) as client:
        yield client


def test_up_starts_everything_and_shows_the_login_once(stack: Stack) -> None:
    said = stack.make("up", within=1800)
    (email,), (password,) = re.findall(r"Administrator +(\S+)", said), re.findall(r"Password +(\S+)", said)
    login = httpx.post(f"{stack.url}/api/login/", data={"email": email, "password": password}, timeout=60)
    assert login.status_code == 200
    assert stack.settings_file.stat().st_mode & 0o777 == 0o600
    assert password not in stack.settings_file.read_text()
    assert password not in stack.make("up")
    stack.make("health")
    image = json.loads(stack.run("docker", "image", "inspect", stack.settings["CSVAPI_IMAGE"]))[0]
    print(f"image: {image['Size'] / 1e6:.0f} MB")


def test_only_web_is_published_and_nothing_of_ours_runs_as_root(stack: Stack) -> None:
    for service in ("db", "redis", "web", "worker", "scheduler"):
        (found,) = json.loads(stack.run("docker", "inspect", *stack.containers(service)))
        ports = [binding for bindings in found["HostConfig"]["PortBindings"].values() for binding in bindings]
        wanted = [{"HostIp": "127.0.0.1", "HostPort": stack.settings["CSVAPI_PORT"]}] if service == "web" else []
        assert ports == wanted
        assert found["HostConfig"]["Memory"] > 0
        assert found["HostConfig"]["ReadonlyRootfs"]
        assert found["HostConfig"]["CapDrop"] == ["ALL"]
        assert found["Config"]["User"] == {"db": "mysql", "redis": "redis"}.get(service, "10001:10001")


def test_the_tables_are_what_the_models_say(stack: Stack) -> None:
    version = stack.sql("SELECT version()")
    print(f"database: {version}")
    check = stack.compose("exec", "-T", "web", "flask", "--app", "wsgi", "db", "check", "-d", "/app/migrations")
    assert "No new upgrade operations detected" in check
    collations = stack.sql(
        "SELECT DISTINCT table_collation FROM information_schema.tables WHERE table_schema = DATABASE()"
    )
    assert collations == "utf8mb4_bin"


def test_the_classic_flow_with_two_workers(stack: Stack, client: Client, tmp_path: Path) -> None:
    stack.compose("up", "-d", "--no-recreate", "--scale", "worker=2")
    stack.run("scripts/stack.sh", "wait")
    path = tmp_path / "people.csv"
    path.write_bytes(SMALL)
    file_id = client.upload(path)
    tasks = [client.start(file_id, "dedup") for _ in range(20)]
    for task in tasks:
        state = until(lambda task=task: ended(client, task), within=60)
        assert state["status"] == "SUCCESS", state
        assert httpx.get(link(state)).content == DEDUPED
    assert stack.sql("SELECT count(DISTINCT attempt) FROM tasks") == "1"


def test_a_killed_worker_containers_task_is_finished_by_another(stack: Stack, client: Client, tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    record = b'"%d","said ""so"" again","2024-01-%02d"\n'
    with path.open("wb") as file:
        file.write(b"id,text,day\n")
        file.writelines(record % (n % 600_000, n % 24 + 1) for n in range(1_200_000))
    file = client.upload(path)
    workers = stack.containers("worker")
    stack.run("docker", "update", "--cpus", "0.1", *workers)  # so that it is still at work when its worker is killed
    task = client.start(file, "dedup")
    until(lambda: client.status(task).get("progress"), within=60)
    owner = stack.sql(f"SELECT lease_owner FROM tasks WHERE id = '{task}'")
    (victim,) = [name for name in workers if owner.startswith(name[:12])]
    stack.run("docker", "kill", "--signal", "KILL", victim)
    stack.run("docker", "update", "--cpus", "1", *workers)  # the killed one is started again, too
    assert client.status(task)["status"] != "SUCCESS"
    state = until(lambda: ended(client, task), within=240)
    assert state["status"] == "SUCCESS", state
    assert stack.sql(f"SELECT attempt, lost FROM tasks WHERE id = '{task}'").split() == ["2", "1"]
    assert hashlib.sha256(httpx.get(link(state), timeout=60).content).hexdigest() == expected(path)
    stack.compose("up", "-d", "--no-recreate", "--scale", "worker=2")


def expected(path: Path) -> str:
    """What a loop of four lines makes of the file."""
    digest, seen = hashlib.sha256(), set()
    with path.open("rb") as file:
        for line in file:
            if line not in seen:
                seen.add(line)
                digest.update(line)
    return digest.hexdigest()


def test_the_dashboard_is_also_a_server_of_its_own(stack: Stack) -> None:
    stack.compose("--profile", "dashboard", "up", "-d", "--no-recreate", "--scale", "worker=2")
    stack.run("scripts/stack.sh", "wait")
    url = f"http://127.0.0.1:{stack.settings['DASHBOARD_PORT']}"
    assert httpx.get(f"{url}/rq/").headers["Location"].startswith("/admin/login/")
    assert httpx.get(f"{url}/admin/login/").status_code == 200
    assert {httpx.get(url + path).status_code for path in ("/swagger/", "/admin/users/", "/api/task-status/")} == {404}
    stack.compose("--profile", "dashboard", "rm", "-sf", "dashboard")


def test_a_backup_comes_back_into_an_empty_stack(stack: Stack) -> None:
    stack.make("backup", "FILE=kept.tar.gz")
    assert (stack.folder / "kept.tar.gz").stat().st_mode & 0o077 == 0
    indices = stack.sql("SELECT index_key FROM files WHERE index_key IS NOT NULL").split()
    left = {key.rsplit("/", 1)[-1] for key in indices}  # of a backup: made anew when they are asked for
    counts, hashes = stack.counts(), {key: digest for key, digest in stack.hashes().items() if key not in left}
    assert counts["files"] == len(hashes) > 20
    refused = stack.make("restore", "FILE=kept.tar.gz", okay=False)
    assert "not empty" in refused
    assert stack.counts() == counts
    stack.compose("down", "-v")
    stack.make("restore", "FILE=kept.tar.gz")
    assert stack.hashes() == hashes
    assert stack.counts() == counts
    task = stack.sql("SELECT id FROM tasks ORDER BY created_at LIMIT 1")
    with closing(Client(stack.url, EMAIL)) as client:
        assert httpx.get(link(client.status(task))).content == DEDUPED


def test_down_keeps_the_data_and_a_restart_goes_on(stack: Stack) -> None:
    counts = stack.counts()
    stack.make("down")
    stack.make("up")
    found = stack.counts()
    assert found.pop("audit_log") >= counts.pop("audit_log"), "what waited to be written is written at the end"
    assert found == counts
    stack.make("restart")
    ready = httpx.get(f"{stack.url}/readyz").json()
    assert (ready["status"], ready["parser"].split(" (")[0]) == ("ok", "native kernel")


def test_an_upgrade_by_roll_leaves_no_gap(stack: Stack) -> None:
    first = int(stack.settings["CSVAPI_PORT"])
    stack.set(CSVAPI_PORT=f"{first}-{first + 1}")
    stack.make("up")
    package = stack.folder / "csvapi" / "__init__.py"
    package.write_text(re.sub(r'__version__ = ".*"', '__version__ = "99.0"', package.read_text()))
    before = {service: stack.containers(service) for service in ("web", "worker", "scheduler")}
    with asking([f"http://127.0.0.1:{port}/healthz" for port in (first, first + 1)]) as answers:
        stack.make("roll")
    print(f"requests during the roll: {len(answers)}")
    assert len(answers) > 20
    assert all(answers), f"{answers.count(False)} of {len(answers)} times neither port answered"
    for service, old in before.items():
        new = stack.containers(service)
        assert len(new) == len(old)
        assert not set(new) & set(old), service
        assert "99.0" in stack.compose("exec", "-T", service, "csvapi", "--version")
    stack.make("health")
    stack.set(CSVAPI_PORT=str(first))
    stack.make("up")


@contextmanager
def asking(urls: list[str]) -> Iterator[list[bool]]:
    """Ask as a proxy does, one address after the other until one answers, ten times a second; whether one did."""
    answers, done = list[bool](), threading.Event()

    def ask() -> None:
        while not done.wait(0.1):
            answers.append(any(map(answered, urls)))

    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask)
        try:
            yield answers
        finally:
            done.set()
    asked.result()


def answered(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def refused(stack: Stack, *command: str, **settings: str) -> str:
    """What a container says that does not start."""
    given = [part for name, value in settings.items() for part in ("-e", f"{name}={value}")]
    return stack.run("scripts/stack.sh", "compose", "run", "--rm", "-T", "--no-deps", *given, *command, okay=False)


def test_an_unreachable_server_is_named(stack: Stack) -> None:
    said = refused(stack, "web", "migrate", DB_HOST="nowhere", WAIT_SECONDS="2")
    assert "The database did not answer within 2 s" in said
    assert stack.settings["DB_PASSWORD"] not in said
    said = refused(stack, "web", "migrate", REDIS_PASSWORD="wrong-one", WAIT_SECONDS="2")
    assert "The queue did not answer within 2 s" in said
    assert "wrong-one" not in said


def test_known_secrets_are_refused_in_production(stack: Stack) -> None:
    admin = {"ADMIN_EMAIL": "admin@ravid.cloud", "ADMIN_PASSWORD": "admin123"}
    assert "CSVAPI_ADMIN_PASSWORD" in refused(stack, "migrate", **admin)
    assert "CSVAPI_JWT_KEY" in refused(stack, "migrate", CSVAPI_JWT_KEY="change-me-" * 5)


def ended(client: Client, task: str) -> dict[str, object] | None:
    state = client.status(task)
    return state if state["status"] not in {"PENDING", "PROGRESS"} else None


def link(state: dict[str, object]) -> str:
    result = state["result"]
    assert isinstance(result, dict)
    return str(result["file_link"])
