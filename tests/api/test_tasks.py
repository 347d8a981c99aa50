"""Tasks of v1: started, listed, waited for, cancelled, forgotten; previews; the catalogue."""

from __future__ import annotations

import time
from functools import cache

import jsonschema_rs
import pytest
from flask.testing import FlaskClient

from csvapi.operations import catalogue
from tests.api.v1 import AT, V1, problem
from tests.stack import Account
from tests.waiting import until

PEOPLE = b"id,name,age\n007,Ada,36\n007,Ada,36\n8,Bob,9\n9,Eve,40\n"
DEDUP = {"op": "dedup"}
ADULTS = {"op": "filter", "filters": [{"column": "age", "operator": ">=", "value": 18}]}

pytestmark = pytest.mark.usefixtures("worker")


@cache
def large() -> bytes:
    return b"id,name,age\n" + b"".join(b'%d,"name, %d",%d\n' % (n, n % 1000, n % 90) for n in range(400_000))


@pytest.fixture
def v1(account: Account) -> V1:
    return V1(account)


def test_a_pipeline_runs_and_counts_each_step(v1: V1) -> None:
    answer = v1.post("/tasks", json={"input": v1.upload(PEOPLE)["id"], "steps": [DEDUP, ADULTS], "label": "x"})
    assert answer.status_code == 202
    assert int(answer.headers["Retry-After"]) > 0
    task = v1.finished(answer.json["id"])
    assert answer.headers["Location"] == task["links"]["self"] == f"{AT}/tasks/{task['id']}"
    assert task["counts"] == {"in": 4, "out": 2, "dropped": [1, 1], "ragged": 0}
    assert (task["label"], task["attempt"], task["error"]) == ("x", 1, None)
    assert v1.result(task) == b"id,name,age\n007,Ada,36\n9,Eve,40\n"


def test_derive_knows_the_name_that_the_user_gave_the_file(v1: V1) -> None:
    body = {
        "input": v1.upload(b"n\n1\n", "week 3.csv")["id"],
        "steps": [{"op": "derive", "column": "f", "file_name": True}],
    }
    assert v1.ok("POST", "/previews", json=body)["result"]["items"][0]["values"] == ["1", "week 3.csv"]
    task = v1.finished(v1.ok("POST", "/tasks", json=body)["id"])
    assert v1.result(task) == b"n,f\n1,week 3.csv\n"
    receipt = v1.ok("GET", f"{task['links']['self']}/receipt")["receipt"]
    assert receipt["dropped_by_step"][0]["file_name"] == "week 3.csv"
    body["steps"] = [{"op": "derive", "column": "f", "template": "{m}"}]
    problem(v1.post("/tasks", json=body), 422, "unknown_column", "/steps/0/template")


def test_a_result_is_the_input_of_the_next_task(v1: V1) -> None:
    first = v1.run(PEOPLE, DEDUP)
    second = v1.finished(v1.submit(first["result"], ADULTS)["id"])
    assert v1.result(second) == b"id,name,age\n007,Ada,36\n9,Eve,40\n"
    third = v1.finished(v1.submit(v1.ok("GET", "/files?kind=dropped")["items"][0]["id"], DEDUP)["id"])
    assert third["counts"]["in"] == 1


def test_waiting_answers_once_the_task_has_ended(v1: V1) -> None:
    body = {"input": v1.upload(PEOPLE)["id"], "steps": [DEDUP]}
    began = time.monotonic()
    answer = v1.post("/tasks", json=body, headers={"Prefer": "respond-async, wait=20"})
    assert time.monotonic() - began < 10, "not the whole wait"
    assert (answer.status_code, answer.json["status"]) == (200, "succeeded")
    assert answer.headers["Preference-Applied"] == "wait=20"
    assert v1.post("/tasks", json=body, headers={"Prefer": "wait=nonsense"}).status_code == 202


def test_a_running_task_stops_within_a_second_and_leaves_nothing(v1: V1) -> None:
    file_id = v1.upload(large())["id"]
    while True:  # a quick machine may have done it before it is asked to stop
        task = v1.submit(file_id, {"op": "dedup", "ignore": ["case", "space"]}, ADULTS)
        until(lambda task=task: v1.ok("GET", task["links"]["self"])["status"] != "queued")
        answer = v1.post(task["links"]["cancel"])
        if answer.status_code == 200:
            break
    began = time.monotonic()
    final = v1.finished(task["id"])
    assert time.monotonic() - began < 10, "it stops where it is, long before its end"
    assert (final["status"], final["result"]) == ("cancelled", None)
    assert [each for each in v1.ok("GET", "/files")["items"] if each["kind"] == "dropped"] == []
    problem(v1.get(f"{task['links']['self']}/result"), 409, "task_not_finished")
    problem(v1.post(task["links"]["cancel"]), 409, "task_finished")


@pytest.mark.parametrize(
    ("steps", "more", "code", "pointer"),
    [
        ([], {}, "invalid_input", "/steps"),
        ([{"op": "nope"}], {}, "invalid_input", "/steps/0/op"),
        ([DEDUP, {"op": "unique", "column": "nope"}], {}, "unknown_column", "/steps/1/column"),
        ([DEDUP, {"op": "dedup", "columns": ["id", "nope"]}], {}, "unknown_column", "/steps/1/columns/1"),
        ([{"op": "dedup", "nonsense": 1}], {}, "invalid_input", "/steps/0/nonsense"),
        ([{"op": "filter", "filters": [{"column": "id", "operator": "~", "value": 1}]}], {}, "invalid_input", None),
        ([DEDUP], {"output": {"encoding": "klingon"}}, "unsupported_encoding", "/output/encoding"),
        ([DEDUP], {"output": {"nonsense": 1}}, "invalid_input", "/output/nonsense"),
        ([DEDUP], {"on_ragged": "dance"}, "invalid_input", "/on_ragged"),
        ([DEDUP], {"label": ""}, "invalid_input", "/label"),
    ],
)
def test_mistakes_are_told_before_anything_is_queued(
    v1: V1, steps: list[object], more: dict[str, object], code: str, pointer: str | None
) -> None:
    body = {"input": v1.upload(PEOPLE)["id"], "steps": steps, **more}
    problem(v1.post("/tasks", json=body), 422, code, pointer)
    if "label" not in more:
        problem(v1.post("/previews", json=body), 422, code, pointer)
    assert v1.ok("GET", "/tasks")["items"] == []


@pytest.mark.parametrize(
    ("change", "pointer", "says"),
    [
        ({"explian": True}, "/explian", "did you mean 'explain'?"),
        (
            {"output": {"encodng": "utf-8"}},
            "/output/encodng",
            "did you mean 'encoding'? The parameters are: encoding, d",
        ),
        ({"steps": ["dedup"]}, "/steps/0", 'must be an object, such as {"op": "dedup"}'),
        ({"steps": [{"operation": "dedup"}]}, "/steps/0/op", "required"),
        ({"steps": [{"op": "dedupe"}]}, "/steps/0/op", "did you mean 'dedup'?"),
        ({"steps": [{"op": "dedup", "colums": ["id"]}]}, "/steps/0/colums", "did you mean 'columns'?"),
        ({"steps": [{"op": "dedup", "columns": "id"}]}, "/steps/0/columns", "columns: must be a list"),
        ({"steps": [{"op": "filter", "filters": []}]}, "/steps/0/filters", "must hold 1 to 100 conditions"),
        (
            {"steps": [{"op": "filter", "filters": [{"column": "id", "op": "=="}]}]},
            "/steps/0/filters/0/op",
            "filters.0.op: is not known here; the parameters are: column, operator, value, as, ignore",
        ),
        (
            {"steps": [{"op": "filter", "where": {"column": "id", "operator": "!=", "value": None}}]},
            "/steps/0/where/value",
            "use the operator is_empty or not_empty",
        ),
        (
            {"steps": [{"op": "set", "replace": [{"pattern": "(.)", "with": "$1"}]}]},
            "/steps/0/replace/0/with",
            r"a group is written \1 here, in JSON \\1",
        ),
    ],
)
def test_a_mistake_says_what_may_have_been_meant(v1: V1, change: dict[str, object], pointer: str, says: str) -> None:
    body = {"input": v1.upload(PEOPLE)["id"], "steps": [DEDUP], **change}
    assert says in problem(v1.post("/tasks", json=body), 422, "invalid_input", pointer)["detail"]


def test_the_file_at_fault_is_named(v1: V1) -> None:
    people, ages = v1.upload(PEOPLE)["id"], v1.upload(b"age,born\n36,1815\n")["id"]
    converted = v1.run(PEOPLE, {"op": "convert", "format": "ndjson"})["result"]
    for step, status, code, pointer, file in (
        ({"op": "join", "on": ["id"], "file": ages}, 422, "unknown_column", "/steps/0/on/0", ages),
        ({"op": "join", "on": ["born"], "file": ages}, 422, "unknown_column", "/steps/0/on/0", None),
        ({"op": "join", "on": ["id"], "file": converted}, 422, "not_csv", "/steps/0/file", converted),
        ({"op": "concat", "files": [ages, converted]}, 422, "not_csv", "/steps/0/files/1", converted),
        ({"op": "concat", "files": [ages, 10**9]}, 404, "not_found", "/steps/0/files/1", 10**9),
    ):
        for path in ("/tasks", "/previews"):
            answer = v1.post(path, json={"input": people, "steps": [step]})
            body = problem(answer, status, code, pointer)
            assert body.get("file") == file
            assert body["detail"].startswith(f"File {file}: ") == (file is not None)


def test_a_failed_task_names_the_file_at_fault(v1: V1) -> None:
    """What only a run can find: a character that the first file's encoding does not have."""
    first = v1.upload("id,name\n1,Zoë\n2,Müller\n3,Søren\n".encode("cp1252"))
    greek = v1.upload("id,city\n1,Αθήνα\n".encode())
    task = v1.finished(v1.submit(first["id"], {"op": "join", "on": ["id"], "file": greek["id"]})["id"])
    assert task["status"] == "failed"
    assert task["error"]["detail"].startswith(f"File {greek['id']}: The character 'Α' does not exist in ")


def test_an_absent_input_is_404(v1: V1, other: Account) -> None:
    theirs = V1(other).upload(PEOPLE)["id"]
    for file_id in (theirs, 10**12):
        problem(v1.post("/tasks", json={"input": file_id, "steps": [DEDUP]}), 404, "not_found", "/input")


def test_tasks_are_listed_by_page_and_status_and_forgotten(v1: V1) -> None:
    done = [v1.run(PEOPLE, DEDUP)["id"] for _ in range(3)]
    first = v1.ok("GET", "/tasks?limit=2&status=succeeded")
    rest = v1.ok("GET", f"/tasks?limit=2&status=succeeded&cursor={first['next']}")
    assert [each["id"] for each in first["items"] + rest["items"]] == done[::-1]
    assert v1.ok("GET", "/tasks?status=failed")["items"] == []
    task = first["items"][0]
    assert v1.call("DELETE", task["links"]["self"]).status_code == 204
    problem(v1.get(task["links"]["self"]), 404, "not_found")
    assert v1.get(f"/files/{task['result']}").status_code == 200, "its result stays"


def test_a_preview_marks_each_record(v1: V1) -> None:
    answer = v1.ok("POST", "/previews", json={"input": v1.upload(PEOPLE)["id"], "steps": [DEDUP, ADULTS]})
    assert [(row["row"], row["kept"], row["step"], row["kept_row"]) for row in answer["items"]] == [
        (1, True, None, None),
        (2, False, 1, 1),
        (3, False, 2, None),
        (4, True, None, None),
    ]
    assert [row["values"][1] for row in answer["result"]["items"]] == ["Ada", "Eve"]
    assert (answer["complete"], answer["estimate"]["exact"], answer["counts"]["out"]) == (True, True, 2)


def test_a_preview_is_bounded_and_its_estimate_is_near(v1: V1) -> None:
    file = v1.upload(large())
    body = {"input": file["id"], "steps": [ADULTS], "sample_rows": 900}
    answer = v1.ok("POST", "/previews", json=body)
    assert (len(answer["items"]), answer["complete"]) == (900, False)
    assert not answer["estimate"]["exact"]
    assert answer["estimate"]["rows_in"] == pytest.approx(400_000, rel=0.25)
    assert answer["estimate"]["rows_out"] == pytest.approx(320_000, rel=0.25)
    assert v1.ok("GET", "/tasks")["items"] == []


def test_a_preview_begins_at_any_record(v1: V1) -> None:
    """With the numbers of the file, whatever stands between its records."""
    content = b'top\r\nid,name\r\n1,Ada\r\n\r\n2,"x\ny"\r\n1,Ada\r\n1,Ada\r\n3\r\n1,Ada\r\n'
    file = v1.upload(content)["id"]
    dialect = {"delimiter": ",", "quote": '"', "preamble": 5, "header": True}
    v1.ok("PATCH", f"/files/{file}", json={"dialect": dialect})
    body = {"input": file, "steps": [DEDUP], "from_row": 3, "sample_rows": 3, "on_ragged": "drop"}
    answer = v1.ok("POST", "/previews", json=body)
    assert [(row["row"], row["line"], row["kept"], row["step"], row["kept_row"]) for row in answer["items"]] == [
        (3, 7, True, None, None),
        (4, 8, False, 1, 3),
        (5, 9, False, 0, None),
    ]
    assert [content[row["byte"] :].split(b"\r\n")[0] for row in answer["items"]] == [b"1,Ada", b"1,Ada", b"3"]
    assert [(each["code"], each["row"], each["line"]) for each in answer["warnings"] if each["row"]] == [
        ("ragged", 5, 9)
    ]
    assert (answer["complete"], answer["estimate"]["exact"], answer["counts"]["in"]) == (False, False, 3)
    last = v1.ok("POST", "/previews", json={**body, "from_row": 6})
    assert ([row["row"] for row in last["items"]], last["complete"]) == ([6], False)
    assert v1.ok("POST", "/previews", json={**body, "from_row": 1, "sample_rows": 9})["complete"]
    for from_row, code in ((7, "invalid_input"), (10**12, "invalid_input"), (0, "invalid_input")):
        problem(v1.post("/previews", json={**body, "from_row": from_row}), 422, code, "/from_row")


@pytest.mark.parametrize(
    ("rows", "tail", "encoding"),
    [(1, "\x1a", "utf-8"), (9, "\0" * 70_000, "utf-8"), (9, "\x1a\r\n\0\0", "utf-16-le"), (1, "\0\0", "utf-16-le")],
)
def test_a_preview_reports_what_stands_after_the_last_record(v1: V1, rows: int, tail: str, encoding: str) -> None:
    """As a task does, wherever the sample ends."""
    file = v1.upload(("\ufeff" + PEOPLE.decode() + tail).encode(encoding))["id"]
    task = v1.finished(v1.submit(file, DEDUP)["id"])
    answer = v1.ok("POST", "/previews", json={"input": file, "steps": [DEDUP], "sample_rows": rows})
    assert [each["code"] for each in answer["warnings"]] == ["trailing_bytes"]
    assert answer["warnings"] == task["warnings"]


def test_a_preview_has_the_columns_of_the_whole_file(v1: V1) -> None:
    """Without a header they are as many as most records have fields, which the sample's may not have."""
    file = v1.upload(b"1,2\n" + b"3,4,5\n" * 9)
    body = {"input": file["id"], "steps": [{"op": "select", "columns": ["column_3"]}], "sample_rows": 1}
    answer = v1.ok("POST", "/previews", json=body)
    assert (answer["columns"], answer["result"]["items"][0]["values"]) == (["column_1", "column_2", "column_3"], [""])


def test_columns_that_the_data_make_are_known_when_it_has_run(v1: V1) -> None:
    """To a preview, to the steps after, to the result and to the tasks that take it."""
    content = b"city,year,n\nRome,2020,1.10\nOslo,2021,2\nRome,2021,x\nOslo,2021,5\n"
    pivot = {"op": "pivot", "index": ["city"], "columns": ["year"], "values": "n", "aggregate": "sum"}
    kept = {"op": "filter", "filters": [{"column": "2021", "operator": "not_empty"}]}
    task = v1.run(content, pivot, kept)
    assert v1.result(task) == b"city,2020,2021\nOslo,,7\n"
    assert [each["code"] for each in task["warnings"]] == ["not_comparable"]
    assert v1.ok("GET", f"/files/{task['result']}")["columns"] == ["city", "2020", "2021"]
    answer = v1.ok("POST", "/previews", json={"input": v1.upload(content)["id"], "steps": [pivot, kept]})
    assert (answer["result"]["columns"], answer["warnings"]) == (["city", "2020", "2021"], task["warnings"])
    assert [each["values"] for each in answer["result"]["items"]] == [["Oslo", "", "7"]]
    body = {"input": v1.upload(content)["id"], "steps": [pivot, {"op": "unique", "column": "2022"}]}
    problem(v1.post("/previews", json=body), 422, "unknown_column", "/steps/1/column")
    failed = v1.finished(v1.ok("POST", "/tasks", json=body)["id"])
    assert failed["error"]["code"] == "unknown_column"


def test_the_catalogue_has_a_schema_that_its_examples_fit(client: FlaskClient) -> None:
    items = client.get(f"{AT}/operations").json["items"]
    assert [item["name"] for item in items] == list(catalogue())
    for item in items:
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **item["params"]})
        jsonschema_rs.validate(item["params"], item["example"])
        assert item["summary"].endswith(".")


def test_a_preview_leaves_the_warnings_of_another_file_where_they_are(v1: V1) -> None:
    """Their rows are that file's: more than the sample has, or other ones."""
    other = v1.upload(b"a,b\n1,2\n3,4\n5\n")["id"]
    for content in (b"a,b\n", b"a,b\n\n\n1,2\n1,2\n1,2\n"):
        body = {"input": v1.upload(content)["id"], "steps": [{"op": "concat", "files": [other]}]}
        warnings = v1.ok("POST", "/previews", json=body)["warnings"]
        (ragged,) = [each for each in warnings if each["code"] == "ragged"]
        assert (ragged["file"], ragged["row"], ragged["line"], ragged["byte"]) == (other, 3, 4, 12)


def test_a_column_has_the_names_that_the_files_have_when_the_task_is_made(v1: V1) -> None:
    january, february = v1.upload(b"id\n1\n", "january.csv")["id"], v1.upload(b"ID\n2\n", "february.csv")["id"]
    step = {"op": "concat", "files": [february], "source": "month", "ignore": ["case"]}
    task = v1.finished(v1.submit(january, step)["id"])
    assert v1.result(task) == b"id,month\n1,january.csv\n2,february.csv\n"
    assert task["steps"] == [{**step, "names": ["january.csv", "february.csv"]}]
    shown = v1.ok("POST", "/previews", json={"input": january, "steps": [step]})
    assert shown["result"]["items"][1]["values"] == ["2", "february.csv"]
