"""Saved pipelines: run on any file, with files for their parameters; made of tasks; linked to by tasks and receipts."""

from __future__ import annotations

from typing import Any

import pytest

from csvapi.steps.pipeline import sha256
from tests.api.v1 import V1, problem
from tests.stack import Account

PEOPLE = b"id,name\n007,Ada\n007,Ada\n8,Bob\n"
CITIES = b"id,city\n007,Rome\n8,Oslo\n"
DEDUP = {"op": "dedup"}
JOIN = {"op": "join", "file": {"param": "cities"}, "on": ["id"]}
JOINED = b"id,name,city\n007,Ada,Rome\n8,Bob,Oslo\n"

pytestmark = pytest.mark.usefixtures("worker")


@pytest.fixture
def v1(account: Account) -> V1:
    return V1(account)


def save(v1: V1, *steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    return dict(v1.ok("POST", "/pipelines", json={"name": "p", "steps": list(steps), **more}))


def run(v1: V1, file_id: int, pipeline: dict[str, Any], **more: Any) -> dict[str, Any]:
    task = v1.finished(v1.ok("POST", "/tasks", json={"input": file_id, "pipeline": pipeline, **more})["id"])
    assert task["status"] == "succeeded", task
    return task


def test_a_task_runs_a_version_and_says_which(v1: V1) -> None:
    made, file_id = save(v1, DEDUP), v1.upload(PEOPLE)["id"]
    v1.ok("POST", made["links"]["versions"], json={"steps": [DEDUP, JOIN]})
    cities = v1.upload(CITIES, "cities.csv")["id"]
    first = run(v1, file_id, {"id": made["id"], "version": 1})
    latest = run(v1, file_id, {"id": made["id"]}, files={"cities": cities})
    assert (v1.result(first), v1.result(latest)) == (b"id,name\n007,Ada\n8,Bob\n", JOINED)
    assert latest["steps"] == [DEDUP, {**JOIN, "file": cities}]
    link = {"id": made["id"], "version": 1, "name": "p", "sha256": made["sha256"]}
    assert first["pipeline"] == link
    assert v1.ok("GET", first["links"]["receipt"])["pipeline"] == link
    assert (latest["pipeline"]["version"], latest["pipeline"]["sha256"] != made["sha256"]) == (2, True)
    items = v1.ok("GET", "/tasks")["items"]
    assert [each["pipeline"]["version"] for each in items] == [2, 1]
    plain = v1.run(PEOPLE, DEDUP)
    assert plain["pipeline"] is None
    assert "pipeline" not in v1.ok("GET", plain["links"]["receipt"])


def test_a_task_keeps_its_steps_when_the_pipeline_is_deleted(v1: V1) -> None:
    made, file_id = save(v1, DEDUP), v1.upload(PEOPLE)["id"]
    task = run(v1, file_id, {"id": made["id"]})
    v1.call("DELETE", made["links"]["self"])
    told = v1.ok("GET", task["links"]["receipt"])
    assert (told["receipt"]["steps"], told["pipeline"]["sha256"]) == ([DEDUP], made["sha256"])
    for path in ("/tasks", "/previews"):
        problem(v1.post(path, json={"input": file_id, "pipeline": {"id": made["id"]}}), 404, "not_found", "/pipeline")


def test_the_hash_is_that_of_what_a_version_holds(v1: V1) -> None:
    made = save(v1, DEDUP, on_ragged="drop", output={"bom": True}, description="x")
    assert made["sha256"] == sha256({"output": {"bom": True}, "on_ragged": "drop", "steps": [DEDUP]})
    assert {name: made[name] for name in ("on_ragged", "output")} == {"on_ragged": "drop", "output": {"bom": True}}
    assert "on_bad" not in made


def test_its_options_hold_unless_the_request_has_others(v1: V1) -> None:
    file_id = v1.upload(b"a,b\n1,2\n3\n")["id"]
    pipeline = {"id": save(v1, DEDUP, on_ragged="drop")["id"]}
    task = run(v1, file_id, pipeline)
    assert (v1.result(task), task["options"]["on_ragged"]) == (b"a,b\n1,2\n", "drop")
    padded = run(v1, file_id, pipeline, on_ragged="pad")
    assert (v1.result(padded), padded["options"]["on_ragged"]) == (b"a,b\n1,2\n3,\n", "pad")
    shown = v1.ok("POST", "/previews", json={"input": file_id, "pipeline": pipeline})
    assert (shown["counts"]["ragged"], shown["counts"]["out"]) == (1, 1)


def test_a_preview_takes_what_a_task_takes(v1: V1) -> None:
    pipeline = {"id": save(v1, DEDUP, JOIN)["id"]}
    body = {"input": v1.upload(PEOPLE)["id"], "pipeline": pipeline, "files": {"cities": v1.upload(CITIES)["id"]}}
    shown = v1.ok("POST", "/previews", json=body)["result"]
    assert [each["values"] for each in shown["items"]] == [["007", "Ada", "Rome"], ["8", "Bob", "Oslo"]]


def test_steps_of_a_request_may_have_parameters_too(v1: V1) -> None:
    cities = v1.upload(CITIES)["id"]
    twice = {"op": "concat", "files": [{"param": "more"}, {"param": "more"}]}
    task = v1.finished(v1.submit(v1.upload(CITIES)["id"], twice, files={"more": cities})["id"])
    assert v1.result(task) == CITIES + 2 * CITIES.removeprefix(b"id,city\n")
    assert task["steps"] == [{**twice, "files": [cities, cities]}]


@pytest.mark.parametrize("path", ["/tasks", "/previews"])
def test_a_file_for_no_parameter_and_a_parameter_without_a_file_are_told(v1: V1, other: Account, path: str) -> None:
    file_id, cities = v1.upload(PEOPLE)["id"], v1.upload(CITIES)["id"]
    made = save(v1, DEDUP, JOIN, {"op": "join", "file": {"param": "zips"}, "on": ["city"]})
    assert made["parameters"] == ["cities", "zips"]

    def told(files: dict[str, int], status: int, code: str, pointer: str, **more: Any) -> str:
        body = {"input": file_id, "pipeline": {"id": made["id"]}, "files": files, **more}
        return str(problem(v1.post(path, json=body), status, code, pointer)["detail"])

    missing = told({"cities": cities}, 422, "invalid_input", "/files/zips")
    assert "no file is given for the parameter 'zips'" in missing
    misspelt = told({"citties": cities, "zips": cities}, 422, "invalid_input", "/files/citties")
    assert "no parameter 'citties'; did you mean 'cities'? The parameters are: cities, zips" in misspelt
    theirs = V1(other).upload(CITIES)["id"]
    for absent in (theirs, 10**12):
        detail = told({"cities": absent, "zips": cities}, 404, "not_found", "/files/cities")
        assert detail == (
            f"File {absent}: There is no such file, or it is not yours (the file for the parameter 'cities')"
        )
    parquet = v1.run(CITIES, {"op": "convert", "format": "json"})["result"]
    assert "'zips'" in told({"cities": cities, "zips": parquet}, 422, "not_csv", "/files/zips")
    other_columns = told({"cities": cities, "zips": file_id}, 422, "unknown_column", "/steps/2/on/0")
    assert other_columns.startswith(f"File {file_id}: ")
    none = {"pipeline": None, "steps": [DEDUP]}
    body = {"input": file_id, "steps": none["steps"], "files": {"x": 1}}
    assert "the steps have none" in problem(v1.post(path, json=body), 422, "invalid_input", "/files/x")["detail"]
    problem(v1.post(path, json={"input": file_id, "steps": [JOIN]}), 422, "invalid_input", "/files/cities")


@pytest.mark.parametrize("path", ["/tasks", "/previews"])
def test_a_request_has_steps_or_a_pipeline(v1: V1, path: str) -> None:
    made, file_id = save(v1, DEDUP), v1.upload(PEOPLE)["id"]
    neither = problem(v1.post(path, json={"input": file_id}), 422, "invalid_input", "/steps")
    assert neither["detail"] == "steps: this field is required, unless pipeline is given."
    both = {"input": file_id, "steps": [DEDUP], "pipeline": {"id": made["id"]}}
    problem(v1.post(path, json=both), 422, "invalid_input", "/pipeline")
    for pipeline, pointer in (
        ({}, "/pipeline/id"),
        ({"id": "1"}, "/pipeline/id"),
        ({"id": 1, "version": 0}, "/pipeline/version"),
        ({"id": 1, "versoin": 2}, "/pipeline/versoin"),
        ("p", "/pipeline"),
    ):
        problem(v1.post(path, json={"input": file_id, "pipeline": pipeline}), 422, "invalid_input", pointer)
    absent = {"id": made["id"], "version": 7}
    told = problem(v1.post(path, json={"input": file_id, "pipeline": absent}), 404, "not_found", "/pipeline")
    assert told["detail"] == "The pipeline has no version 7; the latest is 1"


def test_somebody_elses_pipeline_is_as_one_that_does_not_exist(v1: V1, other: Account) -> None:
    theirs, file_id = save(V1(other), DEDUP)["id"], v1.upload(PEOPLE)["id"]
    for path in ("/tasks", "/previews"):
        for number in (theirs, 10**12):
            body = {"input": file_id, "pipeline": {"id": number}}
            told = problem(v1.post(path, json=body), 404, "not_found", "/pipeline")
            assert told["detail"] == "There is no such pipeline, or it is not yours"


@pytest.mark.parametrize(
    ("body", "pointer", "says"),
    [
        ({"steps": []}, "/steps", "at least one step"),
        ({"steps": [{"op": "dedupe"}]}, "/steps/0/op", "did you mean 'dedup'"),
        ({"steps": [DEDUP, {**JOIN, "fiel": 1}]}, "/steps/1/fiel", "did you mean 'file'"),
        ({"steps": [{**JOIN, "file": 7}]}, "/steps/0/file", "names other files by parameters"),
        ({"steps": [{**JOIN, "file": "a.csv"}]}, "/steps/0/file", "names other files by parameters"),
        ({"steps": [{"op": "concat", "files": [{"param": "a"}, 7]}]}, "/steps/0/files/1", "by parameters"),
        ({"steps": [{**JOIN, "file": {"param": "a b"}}]}, "/steps/0/file/param", "1 to 50 letters"),
        ({"steps": [{**JOIN, "file": {"parm": "a"}}]}, "/steps/0/file", "a parameter for one as"),
        ({"steps": [DEDUP], "on_ragged": "dance"}, "/on_ragged", "Must be one of"),
        ({"steps": [DEDUP], "explain": True}, "/explain", "not known"),
        ({"steps": [DEDUP], "output": {"encodng": "x"}}, "/output/encodng", "did you mean 'encoding'"),
        ({}, "/steps", "unless task is given"),
        ({"task": "7f7c2a5e-3c0f-4c55-9d0e-0f7c1f2f3a4b", "steps": [DEDUP]}, "/task", "together with steps"),
    ],
)
def test_what_is_wrong_with_a_pipeline_is_told_when_it_is_saved(
    v1: V1, body: dict[str, Any], pointer: str, says: str
) -> None:
    assert says in problem(v1.post("/pipelines", json={"name": "p", **body}), 422, "invalid_input", pointer)["detail"]
    made = save(v1, DEDUP)
    assert says in problem(v1.post(made["links"]["versions"], json=body), 422, "invalid_input", pointer)["detail"]


def test_a_task_becomes_a_pipeline_that_does_the_same_to_other_files(v1: V1) -> None:
    cities = v1.upload(CITIES, "cities of 2024.csv")["id"]
    task = v1.run(PEOPLE, DEDUP, {**JOIN, "file": cities}, on_ragged="drop", label="x")
    made = v1.ok("POST", "/pipelines", json={"name": "p", "task": task["id"], "description": "of a task"})
    assert made["steps"] == [DEDUP, {**JOIN, "file": {"param": "cities_of_2024"}}]
    assert (made["parameters"], made["on_ragged"], "explain" in made) == (["cities_of_2024"], "drop", False)
    again = run(v1, v1.upload(PEOPLE)["id"], {"id": made["id"]}, files={"cities_of_2024": cities})
    receipts = [v1.ok("GET", each["links"]["receipt"])["receipt"] for each in (task, again)]
    assert receipts[0] == receipts[1]
    second = v1.post(made["links"]["versions"], json={"task": again["id"], "on_ragged": "keep"})
    assert (second.status_code, second.json["steps"], second.json["on_ragged"]) == (201, made["steps"], "keep")


def test_other_files_of_a_task_become_parameters_of_different_names(v1: V1) -> None:
    first, second = (v1.upload(CITIES, "a.csv")["id"] for _ in range(2))
    third = v1.upload(CITIES, "Ämter.csv")["id"]
    steps = [{"op": "concat", "files": [first, second, third, first]}]
    task = v1.run(CITIES, *steps)
    v1.call("DELETE", f"/files/{second}")
    made = v1.ok("POST", "/pipelines", json={"name": "p", "task": task["id"]})
    assert [each["param"] for each in made["steps"][0]["files"]] == ["a", "file", "mter", "a"]


def test_a_pipeline_of_a_task_names_the_files_it_is_run_on(v1: V1) -> None:
    """The service puts the names of files into the steps of a task; they are not what a pipeline is to repeat."""
    second = v1.upload(CITIES, "b.csv")["id"]
    step = {"op": "concat", "files": [second], "source": "from"}
    task = v1.run(CITIES, step)
    assert task["steps"][0]["names"] == ["people.csv", "b.csv"]
    made = v1.ok("POST", "/pipelines", json={"name": "p", "task": task["id"]})
    assert made["steps"] == [{**step, "files": [{"param": "b"}]}]
    given = v1.run(CITIES, {**step, "names": ["one", "two"]})
    kept = v1.ok("POST", "/pipelines", json={"name": "q", "task": given["id"]})
    assert kept["steps"][0]["names"] == ["one", "two"]


def test_no_pipeline_is_made_of_somebody_elses_task(v1: V1, other: Account) -> None:
    theirs = V1(other).run(PEOPLE, DEDUP)["id"]
    for task in (theirs, "7f7c2a5e-3c0f-4c55-9d0e-0f7c1f2f3a4b"):
        told = problem(v1.post("/pipelines", json={"name": "p", "task": task}), 404, "not_found")
        assert told["detail"] == "Task not found"
    problem(v1.post("/pipelines", json={"name": "p", "task": "x"}), 422, "invalid_input", "/task")


def test_what_the_service_shows_can_be_saved_again(v1: V1) -> None:
    made = save(v1, DEDUP, JOIN, on_ragged="drop")
    parts = {name: made[name] for name in ("steps", "on_ragged")}
    assert v1.ok("POST", "/pipelines", json={"name": "q", **parts})["sha256"] == made["sha256"]
