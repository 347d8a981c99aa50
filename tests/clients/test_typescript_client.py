"""The TypeScript client as npm installs it, in Node.js against a real service."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.clients.cutting import cutting
from tests.start.running import Running, started

PACKAGE = Path(__file__).parents[2] / "clients" / "typescript"
EMAIL, PASSWORD = "ada@example.com", "correct horse battery"
PEOPLE = b"id,email\n1,ada@x.org\n2,bob@x.org\n3,ADA@x.org\n4\n"
CLEAN = PEOPLE.replace(b"3,ADA@x.org\n", b"")
LARGE = b"id,text\n" + b"".join(b"%d,%064d\n" % (each, each) for each in range(40_000))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with started(tmp_path_factory.mktemp("typescript"), CSVAPI_WORKERS="1") as instance:
        account = {"email": EMAIL, "password": PASSWORD, "confirm_password": PASSWORD}
        assert httpx.post(f"{instance.url}/api/register/", json=account).status_code == 201
        yield instance
        assert instance.stop() == 0


@pytest.fixture(scope="module")
def key(running: Running) -> str:
    token = httpx.post(f"{running.url}/api/login/", json={"email": EMAIL, "password": PASSWORD}).json()["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    return str(httpx.post(f"{running.url}/api/v1/api-keys", json={"name": "ts"}, headers=bearer).json()["secret"])


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose node_modules has the package as it is built and packed."""
    folder = tmp_path_factory.mktemp("npm")
    subprocess.run([PACKAGE / "build.sh", folder], check=True, capture_output=True)
    (archive,) = folder.glob("csvapi-client-*.tgz")
    (folder / "package.json").write_text('{"private": true, "type": "module"}')
    install = ["npm", "install", "--offline", "--no-audit", "--no-fund", "--loglevel=error", str(archive)]
    subprocess.run(install, cwd=folder, check=True, capture_output=True)
    return folder


def node(folder: Path, program: str, **given: str) -> str:
    """What a module prints."""
    constants = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in given.items())
    imports = "".join(re.findall(r"^import .*\n", program, re.MULTILINE))
    module = folder / "program.mjs"
    module.write_text(imports + constants + re.sub(r"^import .*\n", "", program, flags=re.MULTILINE))
    done = subprocess.run(
        ["node", str(module)], cwd=folder, capture_output=True, text=True, check=False, env={"PATH": os.environ["PATH"]}
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_readme_runs(running: Running, key: str, installed: Path) -> None:
    (installed / "people.csv").write_bytes(PEOPLE)
    (program,) = re.findall(r"```js\n(.*?)```", (PACKAGE / "README.md").read_text(), re.DOTALL)
    said = node(installed, program, URL=running.url, KEY=key)
    assert "state" in said
    assert "record 3: " in said
    assert (installed / "clean.csv").read_bytes() == CLEAN


def test_a_broken_connection_costs_nothing(running: Running, key: str, installed: Path) -> None:
    (installed / "large.csv").write_bytes(LARGE)
    program = """
import { openAsBlob } from "node:fs";
import { writeFile } from "node:fs/promises";
import { Client } from "csvapi-client";
const csvapi = new Client(AT, { apiKey: KEY });
const file = await csvapi.upload(await openAsBlob("large.csv"), "once.csv");
await writeFile("again.csv", file.bytes());
const task = await (await csvapi.run(file, [{ op: "dedup" }], { label: "once" })).wait(60);
console.log(JSON.stringify([file.id, task.status, task.data.counts.out, (await (await task.result()).blob()).size]));
"""
    with cutting(running.url) as proxy:
        proxy.cuts = [1, 100, 100_000, 50_000, 60_000, 1]
        number, *rest = json.loads(node(installed, program, AT=proxy.url, KEY=key))
        assert proxy.connections > 6
    assert rest == ["succeeded", 40_000, len(LARGE)]
    assert (installed / "again.csv").read_bytes() == LARGE
    mine = httpx.get(f"{running.url}/api/v1/files?kind=upload", headers={"X-API-Key": key}).json()["items"]
    assert [each["id"] for each in mine if each["name"] == "once.csv"] == [number]


def test_an_upload_goes_on_where_it_was_cut(running: Running, key: str, installed: Path) -> None:
    huge = LARGE[:8] + LARGE[8:] * 7
    (installed / "huge.csv").write_bytes(huge)
    program = """
import { openAsBlob } from "node:fs";
import { Client, InvalidInput } from "csvapi-client";
const csvapi = new Client(AT, { apiKey: KEY });
const file = await csvapi.upload(await openAsBlob("huge.csv"), "größe.csv");
const picture = new Uint8Array(9 << 20);
picture.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const refused = await csvapi.upload(picture, "people.csv").catch((error) => error);
console.log(JSON.stringify([file.data.name, file.data.sha256, refused instanceof InvalidInput, refused.code]));
"""
    with cutting(running.url) as proxy:
        proxy.request_cuts, proxy.cuts = [12_000_000, 12_000_000], [10**6, 10**6, 700]
        found = json.loads(node(installed, program, AT=proxy.url, KEY=key))
        assert proxy.sent < 2 * len(huge) + 10_000_000, "it does not begin anew"
    assert found == ["größe.csv", hashlib.sha256(huge).hexdigest(), True, "not_csv"]


def test_records_from_far_into_a_file_are_waited_for(running: Running, key: str, installed: Path) -> None:
    """Nobody has noted where they are: the service answers 202 until a worker has."""
    (installed / "long.csv").write_bytes(b"id,text\n" + b"".join(b"%d,%064d\n" % (n, n) for n in range(1, 90_001)))
    program = """
import { openAsBlob } from "node:fs";
import { Client } from "csvapi-client";
const csvapi = new Client(AT, { apiKey: KEY });
const file = await csvapi.upload(await openAsBlob("long.csv"), "long.csv");
const found = [];
for await (const row of file.rows(2, 89998)) found.push(row.values[0]);
console.log(JSON.stringify(found));
"""
    assert json.loads(node(installed, program, AT=running.url, KEY=key)) == ["89998", "89999", "90000"]


def test_errors_have_classes_of_their_own(running: Running, key: str, installed: Path) -> None:
    program = """
import { Client, ConnectionLost, InvalidInput, NotAuthenticated, NotFound } from "csvapi-client";
import { TaskFailed, WaitedTooLong } from "csvapi-client";
const csvapi = await Client.login(AT, EMAIL, PASSWORD);
const file = await csvapi.upload("id,id\\n1,2\\n3\\n", "people.csv");
async function met(promise, kind) {
  const error = await promise.then(() => "no error", (error) => error);
  console.log(JSON.stringify([error instanceof kind, error.name, error.code ?? "", error.message]));
}
await met(csvapi.run(file, [{ op: "dedup", columns: ["mail"] }]), InvalidInput);
await met(csvapi.file(10 ** 6), NotFound);
await met(new Client(AT, { apiKey: "csvapi_none" }).file(1), NotAuthenticated);
await met((await csvapi.run(file, [{ op: "dedup" }], { on_ragged: "fail" })).wait(), TaskFailed);
await met((await csvapi.run(file, [{ op: "dedup" }])).wait(0), WaitedTooLong);
await met(new Client("http://127.0.0.1:9", { retries: 1 }).file(1), ConnectionLost);
const names = [];
for await (const each of csvapi.files({ limit: "1" })) names.push(each.data.name);
console.log(JSON.stringify([names.length > 1, (await csvapi.operations()).length > 10]));
"""
    said = node(installed, program, AT=running.url, EMAIL=EMAIL, PASSWORD=PASSWORD)
    *errors, last = map(json.loads, said.splitlines())
    assert [each[0] for each in errors] == [True] * 6, said
    assert "mail" in errors[0][3]
    assert last == [True, True]


def test_types_are_those_of_the_document(installed: Path) -> None:
    tools = PACKAGE.parents[1] / "scripts" / "openapi" / "node_modules" / ".bin" / "tsc"
    (installed / "typed.ts").write_text(
        'import { Client } from "csvapi-client";\n'
        'const csvapi = new Client("http://localhost");\n'
        'const task = await csvapi.run(1, [{ op: "dedup", columns: ["email"] }], { on_ragged: "drop" });\n'
        "const kept: number | undefined = task.data.counts?.out;\n"
        "// @ts-expect-error no such operation\n"
        'await csvapi.run(1, [{ op: "none" }]);\n'
        "// @ts-expect-error no such policy\n"
        'await csvapi.run(1, [{ op: "dedup" }], { on_ragged: "lose" });\n'
        "console.log(kept);\n"
    )
    options = ["--noEmit", "--strict", "--target", "ES2022", "--module", "NodeNext", "--skipLibCheck", "typed.ts"]
    checked = subprocess.run([tools, *options], cwd=installed, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_it_needs_no_other_package() -> None:
    described = json.loads((PACKAGE / "package.json").read_text())
    assert not {"dependencies", "peerDependencies", "optionalDependencies"} & set(described)
    assert shutil.which("node")
