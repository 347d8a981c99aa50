"""`csvapi pipeline lint`, and pipelines in files run by `csvapi process`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from csvapi.steps.pipeline import sha256
from tests.commands.program import complaint, csvapi, output

PEOPLE = b"id,name\n1,Ada\n1,Ada\n2,Bob\n"
CITIES = b"id,city\n1,Rome\n2,Oslo\n"
DEDUP = {"op": "dedup"}
JOIN = {"op": "join", "file": {"param": "cities"}, "on": ["id"]}
JOINED = b"id,name,city\n1,Ada,Rome\n2,Bob,Oslo\n"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    Path("people.csv").write_bytes(PEOPLE)
    Path("cities.csv").write_bytes(CITIES)


def written(value: object) -> str:
    Path("pipeline.json").write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return "pipeline.json"


def linted(value: object, code: int) -> list[str]:
    done = csvapi("pipeline", "lint", written(value))
    assert (done.returncode, done.stderr) == (code, b""), done
    return done.stdout.decode().splitlines()


def test_every_mistake_is_a_line_with_its_place() -> None:
    steps = [
        DEDUP,
        "dedup",
        {"op": "dedupe"},
        {"op": "dedup", "colums": ["a"], "keep": "best"},
        {"op": "convert", "format": "json"},
        {"op": "join", "file": "cities.csv", "on": ["id"]},
        {"op": "concat", "files": [{"param": "a"}, {"param": "b c"}]},
        {"op": "filter", "filters": [{"column": "a", "operator": "~", "value": 1}]},
        {"op": "validate", "schema": {"fields": [{"name": "a", "tpye": "x"}, {"type": "y"}]}},
    ]
    lines = linted({"nme": "x", "steps": steps, "on_ragged": "dance", "output": {"bom": "x"}}, 1)
    places = [line.split(": ")[1] for line in lines]
    assert sorted(places) == sorted(
        [
            "/nme",
            "/on_ragged",
            "/output/bom",
            "/steps/1",
            "/steps/2/op",
            "/steps/3/colums",
            "/steps/3/keep",
            "/steps/4",
            "/steps/5/file",
            "/steps/6/files/1/param",
            "/steps/7/filters/0/operator",
            "/steps/8/schema/fields/0/tpye",
            "/steps/8/schema/fields/1/name",
            "/steps/8/schema/fields/1/type",
        ]
    )
    assert all(line.startswith("pipeline.json: /") for line in lines)
    told = dict(line.split(": ", 2)[1:] for line in lines)
    assert "did you mean 'name'?" in told["/nme"]
    assert "did you mean 'columns'?" in told["/steps/3/colums"]
    assert told["/steps/4"] == "convert must be the last step."


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("{", "is not JSON: "),
        ('{"steps": NaN}', "is not JSON: there is no NaN"),
        ("[" * 100_000, "is not JSON: "),
        ("7", "must be an object such as"),
        ("{}", "/steps: steps: is required."),
        ("[]", "/steps: steps: must be a list of at least one step"),
        ('{"steps": {"op": "dedup"}}', "/steps: steps: must be a list of at least one step"),
        (json.dumps([DEDUP] * 51), "/steps: steps: at most 50 steps"),
        (json.dumps({"name": "", "steps": [DEDUP]}), "/name: name: must have 1 to 100 characters"),
    ],
)
def test_what_is_no_pipeline_is_told_in_a_line(value: str, says: str) -> None:
    (line,) = linted(value, 1)
    assert line.startswith(f"pipeline.json: {says}")


def test_a_good_one_is_summed_up() -> None:
    assert linted([DEDUP], 0) == ["pipeline.json: nothing is wrong with its 1 step"]
    by_id = {"op": "validate", "schema": {"id": 3}, "keep": "valid"}
    found = {"name": "p", "description": "", "steps": [DEDUP, JOIN, {**JOIN, "on": ["city"]}, by_id]}
    assert linted(found, 0) == ["pipeline.json: nothing is wrong with its 4 steps; files to give: cities"]


def test_a_file_that_is_not_there_and_a_command_that_is_none() -> None:
    assert complaint("pipeline", "lint", "none.json") == "csvapi pipeline: none.json: No such file or directory"
    assert "invalid choice: 'check'" in complaint("pipeline", "check", "x.json", code=2)


@pytest.mark.parametrize("packed", [{"steps": [DEDUP, JOIN]}, [DEDUP, JOIN]])
def test_a_pipeline_runs_with_the_files_that_are_given(packed: object) -> None:
    assert output("process", "people.csv", "--pipeline", written(packed), "--file", "cities=cities.csv") == JOINED
    Path("people.csv").rename("others.csv")
    assert output("process", "others.csv", "--pipeline", "pipeline.json", "--file", "cities=cities.csv") == JOINED


def test_steps_on_the_command_line_have_parameters_too() -> None:
    steps = json.dumps([DEDUP, JOIN])
    assert output("process", "people.csv", "--steps", steps, "--file", "cities=cities.csv") == JOINED


def test_what_the_service_shows_is_taken_as_it_is() -> None:
    shown = {
        "id": 1, "name": "p", "description": "", "version": 2, "sha256": "x", "parameters": [], "steps": [DEDUP],
        "created_at": "x", "updated_at": "x", "links": {},
    }  # fmt: skip
    assert output("process", "people.csv", "--pipeline", written(shown)) == b"id,name\n1,Ada\n2,Bob\n"


def test_its_options_hold_unless_the_command_line_has_others() -> None:
    Path("people.csv").write_bytes(b"a,b\n1,2\n3\n")
    name = written({"steps": [DEDUP], "on_ragged": "drop", "output": {"delimiter": ";"}})
    done = csvapi("process", "people.csv", "--pipeline", name, "-q")
    assert (done.returncode, done.stdout) == (0, b"a;b\n1;2\n")
    done = csvapi("process", "people.csv", "--pipeline", name, "-q", "--on-ragged", "pad", "--output", "{}")
    assert (done.returncode, done.stdout) == (0, b"a,b\n1,2\n3,\n")


def test_the_receipt_names_the_pipeline_by_the_hash_that_the_service_has() -> None:
    name = written({"name": "p", "steps": [DEDUP], "on_ragged": "drop"})
    output("process", "people.csv", "--pipeline", name, "--receipt", "receipt.json", "-o", "out.csv")
    told: dict[str, Any] = json.loads(Path("receipt.json").read_text(encoding="utf-8"))
    assert told["pipeline"] == {"name": "p", "sha256": sha256({"steps": [DEDUP], "on_ragged": "drop"})}
    output("process", "people.csv", "--steps", json.dumps([DEDUP]), "--receipt", "receipt.json", "-o", "out.csv")
    assert "pipeline" not in json.loads(Path("receipt.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ([], "--file: no file is given for the parameter 'cities'"),
        (["citys=cities.csv"], "--file: there is no parameter 'citys'; did you mean 'cities'?"),
        (["cities=cities.csv", "cities=people.csv"], "cities has the file cities.csv already"),
        (["cities.csv"], "--file cities.csv: must be NAME=FILE"),
        (["cities="], "--file cities=: must be NAME=FILE"),
    ],
)
def test_files_that_do_not_fit_are_told_before_anything_runs(files: list[str], says: str) -> None:
    given = [part for each in files for part in ("--file", each)]
    line = complaint("process", "people.csv", "--pipeline", written([JOIN]), *given, code=2)
    assert line.startswith("csvapi process: ")
    assert says in line


def test_mistakes_of_a_pipeline_are_the_files() -> None:
    line = complaint("process", "people.csv", "--pipeline", written([DEDUP, {"op": "dedup", "keep": "best"}]))
    assert line.startswith("csvapi process: pipeline.json: /steps/1/keep: keep: must be one of")
    by_id = [{"op": "validate", "schema": {"id": 3}}]
    line = complaint("process", "people.csv", "--pipeline", written(by_id), code=2)
    assert "the saved schema 3 is known to the service alone; give the schema itself" in line
    assert "not allowed with argument" in complaint(
        "process", "people.csv", "--pipeline", "pipeline.json", "--steps", "[]", code=2
    )
    assert "one of the arguments --steps --pipeline is required" in complaint("process", "people.csv", code=2)


def test_a_pipeline_is_never_overwritten() -> None:
    line = complaint("process", "people.csv", "--pipeline", written([DEDUP]), "-o", "pipeline.json", code=2)
    assert "-o pipeline.json is an input; it is never overwritten" in line
    assert json.loads(Path("pipeline.json").read_text(encoding="utf-8")) == [DEDUP]
