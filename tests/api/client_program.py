"""The whole way with the client that openapi-python-client makes; `test_generated_client` runs it and checks its types.

What a user does: registers, logs in, uploads, previews, runs a task, downloads what it left, is refused, tidies up.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
from typing import TypeVar

from csvapi_client import AuthenticatedClient, Client
from csvapi_client.api.auth import login, register
from csvapi_client.api.csv import download_by_link, get_task_status
from csvapi_client.api.v1_events import follow_task
from csvapi_client.api.v1_files import create_file, delete_file, download_file, get_file, list_files
from csvapi_client.api.v1_operations import create_preview, list_operations
from csvapi_client.api.v1_results import download_dropped, download_result, get_receipt, list_result_rows
from csvapi_client.api.v1_tasks import create_task, delete_task, get_task
from csvapi_client.models import (
    ConditionComparison,
    ConditionComparisonOperator,
    CreateFileBody,
    Credentials,
    DedupStep,
    File,
    FilterListOfConditions,
    LoggedIn,
    OperationList,
    Preview,
    PreviewRequest,
    Problem,
    Registered,
    Registration,
    RowPage,
    Submission,
    Task,
    TaskReceipt,
    TaskState,
    TaskStatus,
)
from csvapi_client.types import File as Content
from csvapi_client.types import Response, Unset

Model = TypeVar("Model")
PEOPLE = b"id,name,age\n007,Ada,36\n007,Ada,36\n8,Bob,9\n9,Eve,40\n"
RESULT = b"id,name,age\n007,Ada,36\n9,Eve,40\n"
DROPPED = b"id,name,age\n007,Ada,36\n8,Bob,9\n"


def got(model: type[Model], answer: object) -> Model:
    """The answer, which must be of that kind."""
    assert isinstance(answer, model), answer
    return answer


def payload(response: Response[object]) -> bytes:
    """The bytes of a download."""
    assert response.status_code == 200, response
    return got(Content, response.parsed).payload.read()


def sign_in(url: str) -> AuthenticatedClient:
    email, password = "gen@example.com", "sunlit harbour 41"
    with Client(url) as client:
        account = Registration(email=email, password=password, confirm_password=password)
        assert got(Registered, register.sync(client=client, body=account)).message == "Registration successful"
        tokens = got(LoggedIn, login.sync(client=client, body=Credentials(email=email, password=password)))
        operations = got(OperationList, list_operations.sync(client=client)).items
    assert {"dedup", "filter"} < {each.name for each in operations}
    return AuthenticatedClient(url, tokens.access_token)


def upload(client: AuthenticatedClient) -> File:
    part = Content(io.BytesIO(PEOPLE), "people.csv", "text/csv")
    file = got(File, create_file.sync(client=client, body=CreateFileBody(file=part)))
    assert (file.columns, file.sha256) == (["id", "name", "age"], hashlib.sha256(PEOPLE).hexdigest())
    assert payload(download_file.sync_detailed(file.id, client=client)) == PEOPLE
    return file


def run(client: AuthenticatedClient, file: File) -> Task:
    adult = ConditionComparison(column="age", operator=ConditionComparisonOperator(">="), value=18)
    dedup, adults = DedupStep(op="dedup"), FilterListOfConditions(op="filter", filters=[adult])
    preview = got(
        Preview, create_preview.sync(client=client, body=PreviewRequest(input_=file.id, steps=[dedup, adults]))
    )
    assert [row.kept for row in preview.items] == [True, False, False, True]
    submission = Submission(input_=file.id, steps=[dedup, adults], label="adults")
    task = got(Task, create_task.sync(client=client, body=submission, prefer="wait=30"))
    assert (task.status, [step.op for step in task.steps]) == (TaskStatus.SUCCEEDED, ["dedup", "filter"])
    assert task.counts is not None
    assert (task.counts.in_, task.counts.out, task.counts.dropped) == (4, 2, [1, 1])
    return task


def look(client: AuthenticatedClient, file: File, task: Task) -> None:
    at = str(task.id)
    assert got(Task, get_task.sync(at, client=client)).result == task.result
    assert payload(download_result.sync_detailed(at, client=client)) == RESULT
    assert payload(download_dropped.sync_detailed(at, client=client)) == DROPPED
    rows = got(RowPage, list_result_rows.sync(at, client=client)).items
    assert [row.values for row in rows] == [["007", "Ada", "36"], ["9", "Eve", "40"]]
    whole = got(TaskReceipt, get_receipt.sync(at, client=client))
    assert not isinstance(whole.receipt.input_.sha256, Unset)
    assert whole.receipt.input_.sha256 == file.sha256
    assert [(step.op, step.dropped) for step in whole.receipt.dropped_by_step] == [("dedup", 1), ("filter", 1)]
    assert whole.run.engine == "local"
    events = got(str, follow_task.sync(at, client=client))
    data = next(line for line in events.splitlines() if line.startswith("data: "))
    assert json.loads(data.removeprefix("data: "))["status"] == "succeeded"


def look_as_classic_clients_do(client: AuthenticatedClient, task: Task) -> None:
    state = got(TaskState, get_task_status.sync(client=client, task_id=str(task.id), n=1))
    assert not isinstance(state.result, Unset)
    assert isinstance(state.result.file_link, str)
    assert not isinstance(state.result.data, Unset)
    assert [dict(each.additional_properties) for each in state.result.data] == [
        {"id": "007", "name": "Ada", "age": "36"}
    ]
    token = state.result.file_link.rstrip("/").rsplit("/", 1)[-1]
    assert payload(download_by_link.sync_detailed(token, client=client)) == RESULT


def refused(client: AuthenticatedClient) -> None:
    absent = got(Problem, get_file.sync(10**9, client=client))
    assert (absent.status, absent.code) == (404, "not_found")
    step = DedupStep(op="dedup", columns=["nope"])
    file = upload(client)
    wrong = got(Problem, create_task.sync(client=client, body=Submission(input_=file.id, steps=[step])))
    assert (wrong.code, [each.pointer for each in wrong.errors]) == ("unknown_column", ["/steps/0/columns/0"])


def tidy(client: AuthenticatedClient, task: Task) -> None:
    assert delete_task.sync_detailed(str(task.id), client=client).status_code == 204
    while (page := list_files.sync(client=client)) and not isinstance(page, Problem) and page.items:
        for file in page.items:
            assert delete_file.sync_detailed(file.id, client=client).status_code == 204


def main(url: str) -> None:
    with sign_in(url) as client:
        file = upload(client)
        task = run(client, file)
        look(client, file, task)
        look_as_classic_clients_do(client, task)
        refused(client)
        tidy(client, task)


if __name__ == "__main__":
    main(sys.argv[1])
