"""csvapi as tools for language models: a server of the Model Context Protocol, over stdio or HTTP.

    csvapi mcp --root ~/data                  # CSVAPI_URL and CSVAPI_KEY say which service, and as whom
    csvapi mcp --http --port 8765             # each client sends its own key: Authorization: Bearer <API key>

Files of this machine are read and written below `--root` only; without it there are none. Values come and go as text.
"""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from csvapi_client import AsyncClient, CsvapiError, TaskFailed, WaitedTooLong
from csvapi_client.mcp_options import build_parser

MOST = 200  # records or reasons that one call gives
LOOPBACK = ("127.0.0.1", "localhost", "::1")
INSTRUCTIONS = (
    "Cleans CSV files without damaging a value. Upload a file, look at how it is read (detect), find the steps "
    "(list_operations), try them (preview), run them, and say what went and why (explain). A step is an object with "
    "`op` and the parameters of that operation. Tell the user what the warnings of a run say."
)
OUTPUT = 'How to write the result, such as {"delimiter": ";"}, or in parts, as a ZIP: {"parts": {"by": "city"}}'
Steps = Annotated[list[dict[str, Any]], Field(description='Such as [{"op": "dedup", "columns": ["email"]}]')]
FileId = Annotated[int, Field(description="The id of a file, as upload and list_files give it")]
TaskId = Annotated[str, Field(description="The id of a task, as run gives it")]
Limit = Annotated[int, Field(ge=1, le=MOST, description="How many at most")]


class Tools:
    """What the tools do; `root` is the folder whose files they may read and write."""

    def __init__(self, url: str, key: str | None, root: Path | None) -> None:
        self.url, self.key = url, key
        self.root = root.resolve(strict=True) if root else None

    @asynccontextmanager
    async def csvapi(self, ctx: Context[Any, Any]) -> AsyncIterator[AsyncClient]:
        """The service, as whoever asks: over HTTP by the key of the request, else by that of this process."""
        key = self.key
        if ctx.headers is not None:
            kind, _, key = ctx.headers.get("authorization", "").partition(" ")
            if kind.lower() != "bearer" or not key:
                raise ToolError("Send your csvapi API key with each request: Authorization: Bearer <key>")
        async with AsyncClient(self.url, api_key=key) as client:
            yield client

    def path(self, name: str) -> Path:
        """A path below the root. Raises ToolError for any other, also through a link."""
        if self.root is None:
            raise ToolError("No folder of this machine is open here: start the server with --root FOLDER")
        path = (self.root / name).resolve()
        if not path.is_relative_to(self.root):
            raise ToolError(f"{name} is not below the folder that is open here")
        return path

    async def upload(self, ctx: Context[Any, Any], path: str) -> dict[str, Any]:
        """Upload a CSV file, by its path in the open folder; gives its id, its columns, and how it is read."""
        source = self.path(path)
        if not source.is_file():
            raise ToolError(f"There is no file {path}")
        async with self.csvapi(ctx) as csvapi:
            return (await csvapi.upload(source)).data

    async def list_files(self, ctx: Context[Any, Any], limit: Limit = 20) -> list[dict[str, Any]]:
        """The user's files, the newest first: uploads, and results of tasks."""
        async with self.csvapi(ctx) as csvapi:
            found = (await csvapi.request("GET", "/api/v1/files", params={"limit": limit})).json()["items"]
        return [{name: each[name] for name in ("id", "name", "kind", "size", "created_at")} for each in found]

    async def detect(self, ctx: Context[Any, Any], file_id: FileId) -> dict[str, Any]:
        """How a file is read (encoding, delimiter, header, columns), with evidence, and what is odd in its records."""
        async with self.csvapi(ctx) as csvapi:
            file = await csvapi.file(file_id)
            issues = (await csvapi.request("GET", f"/api/v1/files/{file_id}/issues", params={"limit": 20})).json()
        return {**file.data, "issues": issues["items"]}

    async def rows(
        self,
        ctx: Context[Any, Any],
        file_id: FileId,
        limit: Limit = 50,
        cursor: str | None = None,
        from_row: int | None = None,
    ) -> dict[str, Any]:
        """Records of a file as text, with row, line and byte; `next` is the cursor of the following page.

        `from_row` begins with the record of that number, from 1, wherever it is in the file.
        """
        query = {
            "limit": limit,
            **({"cursor": cursor} if cursor else {}),
            **({"from_row": from_row} if from_row else {}),
        }
        async with self.csvapi(ctx) as csvapi:
            return dict((await csvapi.request("GET", f"/api/v1/files/{file_id}/rows", params=query)).json())

    async def list_operations(self, ctx: Context[Any, Any], name: str | None = None) -> list[dict[str, Any]]:
        """What can be done. With a `name`: that operation's parameters as JSON Schema, and an example."""
        async with self.csvapi(ctx) as csvapi:
            found = await csvapi.operations()
        if name is None:
            return [{"name": each["name"], "summary": each["summary"]} for each in found]
        if not (one := [each for each in found if each["name"] == name]):
            raise ToolError(f"There is no operation {name}; call list_operations without a name")
        return one

    async def preview(self, ctx: Context[Any, Any], file_id: FileId, steps: Steps, limit: Limit = 20) -> dict[str, Any]:
        """Try steps on the first records of a file: which stay, which go and why, what comes out. Nothing is stored."""
        async with self.csvapi(ctx) as csvapi:
            return await csvapi.preview(file_id, steps, sample_rows=limit)

    async def run(
        self,
        ctx: Context[Any, Any],
        file_id: FileId,
        steps: Steps | None = None,
        pipeline_id: Annotated[int | None, Field(description="In place of steps: a saved pipeline")] = None,
        pipeline_version: Annotated[int | None, Field(description="Of the pipeline; without it, the latest")] = None,
        files: Annotated[dict[str, int] | None, Field(description="Ids of files, by the parameters for them")] = None,
        on_ragged: Annotated[str | None, Field(description="keep (default), pad, drop or fail")] = None,
        on_bad: Annotated[str | None, Field(description="keep (default) or fail")] = None,
        output: Annotated[dict[str, Any] | None, Field(description=OUTPUT)] = None,
        engine: Annotated[str | None, Field(description="auto (default), local or cluster")] = None,
        explain: Annotated[bool, Field(description="Keep the dropped records and the reasons")] = True,
        label: str | None = None,
        seconds: Annotated[float, Field(ge=0, le=3600, description="How long to wait for its end")] = 300,
    ) -> dict[str, Any]:
        """Run steps, or a saved pipeline, over a whole file: status, counts, warnings, and the id of the result, a file
        like any other."""
        more: dict[str, Any] = {
            "files": files,
            "on_ragged": on_ragged,
            "on_bad": on_bad,
            "output": output,
            "engine": engine,
        }
        more |= {"label": label or None, "explain": None if explain else False}
        if pipeline_id is not None:
            version = {"version": pipeline_version} if pipeline_version is not None else {}
            more["pipeline"] = {"id": pipeline_id, **version}
        async with self.csvapi(ctx) as csvapi:
            given = {name: value for name, value in more.items() if value is not None}
            task = await csvapi.run(file_id, steps, **given)
            with suppress(TaskFailed, WaitedTooLong):  # its status and its error say it
                await task.wait(seconds)
            return task.data

    async def list_pipelines(self, ctx: Context[Any, Any], limit: Limit = 20) -> list[dict[str, Any]]:
        """The user's saved pipelines in their latest versions: id, version, name, steps, the files that a run gives."""
        async with self.csvapi(ctx) as csvapi:
            found = (await csvapi.request("GET", "/api/v1/pipelines", params={"limit": limit})).json()["items"]
        names = ("id", "version", "name", "description", "steps", "parameters")
        return [{name: each.get(name) for name in names} for each in found]

    async def list_hash_keys(self, ctx: Context[Any, Any]) -> list[dict[str, Any]]:
        """The keys that the hashes of `derive` may name, never their secrets."""
        async with self.csvapi(ctx) as csvapi:
            return list((await csvapi.request("GET", "/api/v1/hash-keys")).json()["items"])

    async def make_hash_key(self, ctx: Context[Any, Any], name: str) -> dict[str, Any]:
        """Make a random key that steps can hash with by its name; nobody gets to know its secret."""
        async with self.csvapi(ctx) as csvapi:
            return dict((await csvapi.request("POST", "/api/v1/hash-keys", json={"name": name})).json())

    async def explain(self, ctx: Context[Any, Any], task_id: TaskId, limit: Limit = 50) -> dict[str, Any]:
        """Why a task dropped each record, with the record that a duplicate repeats; and the task's receipt."""
        async with self.csvapi(ctx) as csvapi:
            task = await csvapi.task(task_id)
            reasons: list[dict[str, Any]] = []
            async for each in task.dropped():
                reasons.append(vars(each))
                if len(reasons) == limit:
                    break
            return {"counts": task.counts, "reasons": reasons, "receipt": await task.receipt()}

    async def download(self, ctx: Context[Any, Any], task_id: TaskId, path: str) -> str:
        """Write the result of a task to a new file, by its path in the open folder."""
        target = self.path(path)
        if target.exists():
            raise ToolError(f"{path} is there already, and is not overwritten")
        async with self.csvapi(ctx) as csvapi:
            await (await csvapi.task(task_id)).download(target)
        return f"{path}: {target.stat().st_size} bytes"


def server(tools: Tools) -> MCPServer:
    """The server with its tools; what the service refuses is an error that the model can read."""
    found = MCPServer("csvapi", instructions=INSTRUCTIONS, log_level="WARNING")
    local: list[Callable[..., Any]] = [tools.upload, tools.download] if tools.root else []
    reading: list[Callable[..., Any]] = [
        tools.list_files,
        tools.detect,
        tools.rows,
        tools.list_operations,
        tools.preview,
        tools.explain,
        tools.list_pipelines,
        tools.list_hash_keys,
    ]
    writing: list[Callable[..., Any]] = [tools.run, tools.make_hash_key, *local]
    for each in (*reading, *writing):
        found.tool(name=each.__name__)(_told(each))
    return found


def _told(tool: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(tool)
    async def telling(*args: Any, **kwargs: Any) -> Any:
        try:
            return await tool(*args, **kwargs)
        except (CsvapiError, OSError) as error:
            raise ToolError(str(error)) from error

    return telling


def main(arguments: Sequence[str] | None = None) -> int:
    """`csvapi mcp`: serve until the client leaves, or until it is stopped."""
    parser = build_parser()
    given = parser.parse_args(arguments)
    key = os.environ.get("CSVAPI_KEY")
    if not given.http and not key:
        parser.error("CSVAPI_KEY has no API key (POST /api/v1/api-keys makes one)")
    if given.http and given.root and given.host not in LOOPBACK:
        parser.error("--root opens files of this machine: over HTTP only on a loopback address")
    if given.root and not given.root.is_dir():
        parser.error(f"--root {given.root} is no folder")
    serving = server(Tools(given.url, key, given.root))
    if given.http:
        serving.run("streamable-http", host=given.host, port=given.port, stateless_http=True)
    else:
        serving.run("stdio")
    return 0


if __name__ == "__main__":
    sys.exit(main())
