"""Records from any number on: by an index that a worker makes at the first jump, or that a result brings with it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from csvapi.extensions import runtime, transaction
from csvapi.models import File
from csvapi.services import row_indices, sweep
from csvapi.services.file_contents import NEAR
from tests.api.v1 import V1, problem
from tests.stack import Account
from tests.waiting import until

pytestmark = pytest.mark.usefixtures("worker")
LONG = b"id,note\n" + b"".join(b'%d,"%s\n"\n' % (n, b"x" * 40) for n in range(1, 100_001))
assert len(LONG) > NEAR
LATE = 99_000


@pytest.fixture
def v1(account: Account, app: Flask) -> Iterator[V1]:
    with app.app_context():
        yield V1(account)


def page(v1: V1, path: str, **query: Any) -> dict[str, Any]:
    """The page once it is there; until then, the answers are 202."""

    def there() -> Any:
        answer = v1.get(path, query_string=query)
        if answer.status_code == 202:
            assert (answer.json["state"], answer.headers["Retry-After"]) == ("indexing", "1")
            return None
        assert answer.status_code == 200, answer.text
        return answer.json

    return dict(until(there))


def stored(file_id: int) -> File:
    with transaction() as session:
        file = session.get(File, file_id)
    assert file is not None
    return file


def values(page: dict[str, Any]) -> list[str]:
    return [each["values"][0] for each in page["items"]]


def test_a_jump_makes_the_index_and_the_next_one_uses_it(v1: V1) -> None:
    file = v1.upload(LONG)
    at = file["links"]["rows"]
    assert v1.ok("GET", f"{at}?limit=1")["total"] is None
    assert v1.ok("GET", f"{at}?limit=1&from_row=2")["items"][0]["values"][0] == "2"
    assert stored(file["id"]).index_key is None, "what is near needs none"
    assert v1.get(f"{at}?from_row={LATE}").status_code == 202
    found = page(v1, at, limit=2, from_row=LATE)
    assert (values(found), found["total"]) == (["99000", "99001"], 100_000)
    assert [each["line"] for each in found["items"]] == [2 * LATE, 2 * LATE + 2]
    assert LONG[found["items"][0]["byte"] :].startswith(b"99000,")
    following = v1.ok("GET", f"{at}?limit=2&cursor={found['next']}")
    assert (values(following), following["total"]) == (["99002", "99003"], 100_000)
    last = v1.ok("GET", f"{at}?limit=5&from_row=99999")
    assert (values(last), last["next"]) == (["99999", "100000"], None)
    beyond = v1.ok("GET", f"{at}?from_row={2**62}")
    assert beyond == {"columns": ["id", "note"], "items": [], "total": 100_000, "next": None}


def test_a_preview_far_into_a_file_begins_at_its_index(v1: V1) -> None:
    file = v1.upload(LONG)
    body = {"input": file["id"], "steps": [{"op": "dedup"}], "from_row": LATE, "sample_rows": 2}
    first = v1.ok("POST", "/previews", json=body)
    assert (values(first), first["items"][0]["line"]) == (["99000", "99001"], 2 * LATE)
    until(lambda: stored(file["id"]).index_key)
    with runtime().storage.path(stored(file["id"]).storage_key).open("r+b") as records:
        records.seek(len(LONG) // 3)
        records.write(b"x" * (len(LONG) // 3))  # read, they were another number of records
    assert v1.ok("POST", "/previews", json=body) == first
    problem(v1.post("/previews", json={**body, "from_row": 100_001}), 422, "invalid_input", "/from_row")


def test_an_index_is_of_one_reading_and_goes_with_its_file(v1: V1) -> None:
    file = v1.upload(LONG)
    at, self = file["links"]["rows"], file["links"]["self"]
    before = v1.ok("GET", "/me/usage")["stored_bytes"]["used"]
    page(v1, at, from_row=LATE)
    first = stored(file["id"])
    assert first.index_key
    assert first.index_size
    assert 0 < first.index_size < len(LONG) / 100
    assert v1.ok("GET", "/me/usage")["stored_bytes"]["used"] == before + first.index_size
    stale = runtime().storage.adopt(shutil.copy(runtime().storage.path(first.index_key), runtime().storage.new_temp()))
    v1.ok("PATCH", self, json={"dialect": {"quote": ""}})
    assert stored(file["id"]).index_key is None
    assert not runtime().storage.has(first.index_key)
    with transaction() as session:  # as a program of the version before, which changes the dialect alone
        session.get_one(File, file["id"]).index_key = stale
    found = page(v1, at, limit=1, from_row=2 * LATE - 1)
    assert (found["items"][0]["values"][0], found["total"]) == ("99000", 200_000)
    second = stored(file["id"]).index_key
    assert second
    assert second != stale
    sweep.sweep()
    assert runtime().storage.has(second)
    v1.call("DELETE", self)
    assert not runtime().storage.has(second)


def test_a_result_brings_its_index(v1: V1) -> None:
    steps = {"op": "filter", "filters": [{"column": "id", "operator": "!=", "value": 5}]}
    task = v1.run(LONG, steps)
    row = stored(task["result"])
    assert row.index_key
    assert row.index_size
    for path in (task["links"]["rows"], f"/files/{task['result']}/rows"):
        answer = v1.get(f"{path}?limit=1&from_row={LATE}")
        assert answer.status_code == 200, "at once"
        assert (values(answer.json), answer.json["total"]) == (["99001"], 99_999)
    found = v1.ok("GET", f"{task['links']['rows']}?limit=1&from_row={LATE}")["items"][0]
    assert found["line"] == 2 * LATE
    assert v1.result(task)[found["byte"] :].startswith(b"99001,")
    by = {"op": "sort", "by": [{"column": "id", "as": "number", "order": "desc"}]}
    task = v1.finished(v1.submit(task["result"], by)["id"])
    assert stored(task["result"]).index_key is None, "what was gathered is indexed when that is asked for"
    assert values(page(v1, task["links"]["rows"], limit=1, from_row=LATE)) == ["1001"]


def test_one_index_of_each_user_is_made_at_a_time(v1: V1, other: Account) -> None:
    files = [v1.upload(LONG), v1.upload(LONG)]
    taken = [row_indices.ask(stored(each["id"])) for each in files]
    assert taken == [True, True], "the second one waits for its turn"
    for each in files:
        assert values(page(v1, each["links"]["rows"], limit=1, from_row=LATE)) == [str(LATE)]
    for path in (files[0]["links"]["rows"], "/files/999999999/rows"):
        problem(V1(other).get(f"{path}?from_row={LATE}"), 404, "not_found")


def test_what_cannot_be_indexed_is_read_and_says_why(v1: V1) -> None:
    """A character that this encoding has twice, far behind what a page looks at."""
    lines = b"".join(b"%d|%s\n" % (n, b"x" * 40) for n in range(1, 110_001))
    file = v1.upload(b"id|note\n" + lines + b"1|\x81\xe0\n2|\x87\x90\n")
    v1.ok("PATCH", file["links"]["self"], json={"dialect": {"encoding": "cp932", "delimiter": "|"}})
    path = f"{file['links']['rows']}?from_row=110002"
    refused = until(lambda: (answer := v1.get(path)).status_code != 202 and answer)
    assert "several spellings" in problem(refused, 422, "unsupported_encoding")["detail"]
