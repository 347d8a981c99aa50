"""What a task leaves: nothing is lost between result and dropped, every reason holds, a receipt can be run again."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tests.api.v1 import V1, problem
from tests.stack import Account, sign_up

pytestmark = pytest.mark.usefixtures("worker")
ADULTS = {"op": "filter", "filters": [{"column": "age", "operator": ">=", "value": 18}]}
PEOPLE = b"id,name,age\r\n7,Ada,36\r\n7,Ada,36\r\n8,Bob,9\r\n9\r\n10,Eve,40\r\n"


@pytest.fixture
def v1(account: Account) -> V1:
    return V1(account)


def test_every_dropped_record_has_its_reason_and_its_place(v1: V1) -> None:
    task = v1.run(PEOPLE, {"op": "dedup"}, ADULTS, on_ragged="drop")
    reasons = v1.reasons(task)
    assert [(each["row"], each["line"], each["step"], each["kept_row"]) for each in reasons] == [
        (2, 3, 1, 1),
        (3, 4, 2, None),
        (4, 5, 0, None),
    ]
    records = [PEOPLE[each["byte"] :].split(b"\r\n")[0] for each in reasons]
    assert records == [b"7,Ada,36", b"8,Bob,9", b"9"]
    dropped = v1.get(task["links"]["dropped"], headers={"Accept": "text/csv"})
    assert dropped.data == b"id,name,age\r\n7,Ada,36\r\n8,Bob,9\r\n9\r\n"
    assert dropped.headers["ETag"]
    assert v1.get(task["links"]["dropped"]).data == dropped.data
    problem(v1.get(task["links"]["dropped"], headers={"Accept": "image/png"}), 406, "not_acceptable")
    assert all(each["reason"] for each in reasons)


def test_without_explain_nothing_is_kept_beside_the_result(v1: V1) -> None:
    task = v1.run(PEOPLE, {"op": "dedup"}, explain=False)
    assert "dropped" not in task["links"]
    problem(v1.get(f"{task['links']['self']}/dropped"), 404, "not_found")
    assert [each["kind"] for each in v1.ok("GET", "/files")["items"]] == ["result", "upload"]


def test_a_deleted_result_is_410(v1: V1) -> None:
    task = v1.run(PEOPLE, {"op": "dedup"})
    assert v1.call("DELETE", f"/files/{task['result']}").status_code == 204
    for link in ("result", "rows"):
        problem(v1.get(task["links"][link]), 410, "expired")
    assert v1.get(task["links"]["receipt"]).status_code == 200


def test_result_rows_have_cursors_too(v1: V1) -> None:
    task = v1.run(PEOPLE, {"op": "dedup"})
    first = v1.ok("GET", f"{task['links']['rows']}?limit=3")
    rest = v1.ok("GET", f"{task['links']['rows']}?limit=3&cursor={first['next']}")
    assert [row["values"][0] for row in first["items"] + rest["items"]] == ["7", "8", "9", "10"]
    assert rest["next"] is None


def test_what_is_converted_is_a_file_but_has_no_records(v1: V1) -> None:
    task = v1.run(PEOPLE, {"op": "dedup"}, {"op": "convert", "format": "ndjson"})
    answer = v1.get(task["links"]["result"])
    assert answer.mimetype == "application/x-ndjson"
    assert json.loads(answer.text.splitlines()[0]) == {"id": "7", "name": "Ada", "age": "36"}
    problem(v1.get(task["links"]["rows"]), 422, "not_csv")
    body = {"input": task["result"], "steps": [{"op": "dedup"}]}
    problem(v1.post("/tasks", json=body), 422, "not_csv", "/input")
    problem(v1.post("/previews", json=body), 422, "not_csv", "/input")
    state = v1.account.status(task["id"])
    assert state["result"]["data"] == [], "the classic endpoint shows the link alone"
    assert v1.account.download(state["result"]["file_link"]).data == answer.data


def test_comments_are_in_neither_result_nor_dropped(v1: V1) -> None:
    file = v1.upload(b"id,v\n1,x\n# a\n1,x\n#2,y\n3,z\n")
    v1.ok("PATCH", file["links"]["self"], json={"dialect": {"comment": "#"}})
    task = v1.finished(v1.submit(file["id"], {"op": "dedup"})["id"])
    assert v1.result(task) == b"id,v\n1,x\n3,z\n"
    assert v1.get(task["links"]["dropped"]).data == b"id,v\n1,x\n"
    assert [(each["row"], each["line"], each["byte"]) for each in v1.reasons(task)] == [(2, 4, 13)]
    receipt = v1.ok("GET", task["links"]["receipt"])["receipt"]
    assert receipt["found"]["comments"] == {"count": 2, "row": 2, "line": 3, "byte": 9}
    assert receipt["records"] == {"in": 3, "kept": 2, "dropped": 1}


def test_a_result_in_parts_is_a_zip_and_has_no_records(v1: V1) -> None:
    task = v1.run(PEOPLE, {"op": "dedup"}, output={"parts": {"by": "name"}})
    answer = v1.get(task["links"]["result"])
    assert answer.mimetype == "application/zip"
    assert answer.headers["Content-Disposition"].endswith("people-dedup.zip")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert parts["Ada.csv"] == b"id,name,age\r\n7,Ada,36\r\n"
    assert parts["empty.csv"] == b"id,name,age\r\n9\r\n"
    receipt = v1.ok("GET", task["links"]["receipt"])["receipt"]
    assert receipt["output"]["sha256"] == sha256(answer.data).hexdigest()
    assert receipt["output"]["parts"]["count"] == len(parts) == 4
    assert receipt["options"]["output"] == {"parts": {"by": "name"}}
    problem(v1.get(task["links"]["rows"]), 422, "not_csv")
    problem(v1.post("/tasks", json={"input": task["result"], "steps": [{"op": "dedup"}]}), 422, "not_csv", "/input")
    problem(v1.post(f"/files/{task['result']}/detect"), 422, "not_csv")
    assert v1.account.status(task["id"])["result"]["data"] == [], "the classic endpoint shows the link alone"
    assert v1.get(task["links"]["dropped"]).data == b"id,name,age\r\n7,Ada,36\r\n"


def test_too_many_parts_fail_and_leave_nothing(v1: V1) -> None:
    content = b"id,v\n" + b"".join(b"%d,x\n" % number for number in range(1001))
    file_id = v1.upload(content)["id"]
    task = v1.finished(v1.submit(file_id, {"op": "dedup"}, output={"parts": {"by": "id"}})["id"])
    assert (task["status"], task["error"]["code"]) == ("failed", "too_large")
    for words in ("'id'", "1000", "record 1001"):
        assert words in task["error"]["detail"]
    assert [each["kind"] for each in v1.ok("GET", "/files")["items"]] == ["upload"]


def test_parts_are_checked_when_they_are_asked_for(v1: V1) -> None:
    file_id = v1.upload(PEOPLE)["id"]

    def asked(parts: Any, *steps: dict[str, Any]) -> TestResponse:
        body = {"input": file_id, "steps": [*steps, {"op": "dedup"}], "output": {"parts": parts}}
        return v1.post("/tasks", json=body)

    problem(asked({"by": "town"}), 422, "unknown_column", "/output/parts/by")
    problem(asked({"by": "age"}, {"op": "select", "drop": ["age"]}), 422, "unknown_column", "/output/parts/by")
    problem(asked({"by": "name", "records": 5}), 422, "invalid_input", "/output/parts/records")
    converted = {"input": file_id, "steps": [{"op": "convert", "format": "json"}], "output": {"parts": {"records": 1}}}
    problem(v1.post("/tasks", json=converted), 422, "invalid_input", "/output")
    problem(asked({"records": "5"}), 422, "invalid_input", "/output/parts/records")
    assert asked({"by": "old"}, {"op": "select", "rename": {"age": "old"}}).status_code == 202


def test_a_preview_shows_the_records_of_all_parts(v1: V1) -> None:
    file_id = v1.upload(PEOPLE)["id"]
    body = {"input": file_id, "steps": [{"op": "dedup"}], "output": {"parts": {"by": "name"}, "delimiter": ";"}}
    preview = v1.ok("POST", "/previews", json=body)
    assert preview["result"]["columns"] == ["id", "name", "age"]
    assert [row["values"][0] for row in preview["result"]["items"]] == ["7", "8", "9", "10"]
    body["output"]["parts"] = {"by": "town"}
    problem(v1.post("/previews", json=body), 422, "unknown_column", "/output/parts/by")


def test_a_second_file_is_in_use_too(v1: V1) -> None:
    names = v1.upload(b"id,city\n7,London\n")
    join = {"op": "join", "file": names["id"], "on": ["id"], "how": "left"}
    task = v1.run(PEOPLE, join)
    assert v1.result(task).startswith(b"id,name,age,city\r\n7,Ada,36,London\r\n")
    problem(
        v1.post("/tasks", json={"input": task["input"], "steps": [{**join, "file": 10**9}]}),
        404,
        "not_found",
        "/steps/0/file",
    )


TEXTS = st.text(st.sampled_from("ab7 é,;'\"\n"), max_size=4)
STEPS = st.one_of(
    st.builds(
        lambda columns, keep, ignore: {"op": "dedup", "keep": keep, "ignore": ignore, **columns},
        st.sampled_from([{}, {"columns": ["a"]}, {"columns": ["b", "c"]}]),
        st.sampled_from(["first", "last", "none"]),
        st.sampled_from([[], ["case"], ["space"]]),
    ),
    st.builds(lambda column: {"op": "unique", "column": column}, st.sampled_from("abc")),
    st.builds(
        lambda column, operator, value: {
            "op": "filter",
            "filters": [{"column": column, "operator": operator, "value": value}],
        },
        st.sampled_from("abc"),
        st.sampled_from(["==", "!=", ">", "contains", "not_contains"]),
        st.one_of(TEXTS.filter(bool), st.integers(-9, 9)),
    ),
)


@st.composite
def files(draw: st.DrawFn) -> tuple[bytes, dict[str, Any]]:
    """A file in some dialect and encoding, and that dialect as the API writes it."""
    delimiter, line_end = draw(st.sampled_from(",;\t|")), draw(st.sampled_from(["\n", "\r\n"]))
    encoding = draw(st.sampled_from(["utf-8", "cp1252", "utf-16-le"]))
    rows = draw(st.lists(st.lists(TEXTS, min_size=3, max_size=3), min_size=1, max_size=12))
    rows += [row[:2] for row in rows[:1] if draw(st.booleans())]  # a ragged one
    target = io.StringIO()
    writer = csv.writer(target, delimiter=delimiter, lineterminator=line_end, quoting=draw(st.sampled_from([0, 1])))
    writer.writerows([["a", "b", "c"], *rows])
    dialect = {"delimiter": delimiter, "quote": '"', "escape": "", "encoding": encoding, "header": True, "preamble": 0}
    return target.getvalue().encode(encoding), {**dialect, "bom": False, "skip_space": False, "line_end": line_end}


def records(content: bytes, dialect: dict[str, Any]) -> list[bytes]:
    """The records of a file as they stand there, its header left out; the csv module says where each ends."""
    text = io.StringIO(content.decode(dialect["encoding"]), newline="")
    found: list[bytes] = []
    lines: list[str] = []

    def kept() -> Any:
        for line in text:
            lines.append(line)
            yield line

    for _ in csv.reader(kept(), delimiter=dialect["delimiter"]):
        found.append("".join(lines).encode(dialect["encoding"]))
        lines.clear()
    return [record for record in found[1:] if record.decode(dialect["encoding"]).strip("\r\n")]


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(files(), st.lists(STEPS, min_size=1, max_size=3), st.sampled_from(["keep", "drop"]))
def test_result_and_dropped_are_the_input(app: Any, file: Any, steps: list[dict[str, Any]], on_ragged: str) -> None:
    """Every record is in exactly one of both, byte for byte, in order; and the receipt gives the same bytes."""
    content, dialect = file
    v1 = V1(ACCOUNTS.setdefault(id(app), sign_up(app.test_client())))
    uploaded = v1.post("/files", data=content, content_type="text/csv")
    if uploaded.status_code == 422:  # some of these are not CSV to anybody
        return
    v1.ok("PATCH", uploaded.json["links"]["self"], json={"dialect": dialect})
    task = v1.finished(v1.submit(uploaded.json["id"], *steps, on_ragged=on_ragged)["id"])
    assert task["status"] == "succeeded", task
    whole = records(content, dialect)
    gone = {each["row"] for each in v1.reasons(task)}
    assert records(v1.result(task), dialect) == [each for n, each in enumerate(whole, start=1) if n not in gone]
    dropped = v1.get(task["links"]["dropped"], headers={"Accept": "text/csv"}).data
    assert records(dropped, dialect) == [each for n, each in enumerate(whole, start=1) if n in gone]
    parts = v1.ok("GET", task["links"]["receipt"])
    receipt = parts["receipt"]
    assert set(parts) == {"receipt", "run"}
    again = v1.finished(v1.submit(uploaded.json["id"], *receipt["steps"], **receipt["options"])["id"])
    repeated = v1.ok("GET", again["links"]["receipt"])["receipt"]
    assert repeated["output"]["sha256"] == receipt["output"]["sha256"]
    assert repeated == receipt


ACCOUNTS: dict[int, Account] = {}
