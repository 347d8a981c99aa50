"""`csvapi remote`: the same steps over a file, done by a service, through its Python client."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import shutil
import socket
import sys
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from csvapi.commands.arguments import Parser
from csvapi.commands.progress import Bar
from csvapi.commands.warn import warn
from csvapi.csvio.data_warnings import DataWarning
from csvapi.engines.options import Progress
from csvapi.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from csvapi_client import Client, File, Task

SUMMARY = "Work with files and tasks of a csvapi service."
_NO_CLIENT = "the client is not installed: pip install csvapi-client (clients/python in the sources)"


def main(given: Sequence[str]) -> int:
    """Do one thing at a service; an error is one line on standard error."""
    options = _parser().parse_args(given)
    try:
        from csvapi_client import CsvapiError as Refused
    except ImportError as error:
        raise InvalidInput(_NO_CLIENT) from error
    action: Callable[[argparse.Namespace], int] = options.action
    try:
        return action(options)
    except (Refused, OSError) as error:
        raise InvalidInput(" ".join(str(error).split())) from error


def _parser() -> Parser:
    parser = Parser("csvapi remote", description=SUMMARY, allow_abbrev=False)
    actions = parser.add_subparsers(required=True, metavar="ACTION")

    def action(name: str, does: Callable[[argparse.Namespace], int], summary: str) -> argparse.ArgumentParser:
        found: argparse.ArgumentParser = actions.add_parser(name, help=summary, description=summary, allow_abbrev=False)
        found.set_defaults(action=does)
        return found

    login = action("login", _login, "Get an API key for this machine; asks for the password")
    login.add_argument("url", metavar="URL", help="the address of the service")
    login.add_argument("--email", required=True, help="the account")
    action("logout", _logout, "Delete the key of this machine, here and at the service")
    upload = action("upload", _upload, "Store files; prints the id of each")
    upload.add_argument("files", metavar="FILE", nargs="+")
    run = action("run", _run, "Run steps over a file, and fetch the result")
    run.add_argument("input", metavar="INPUT", help="a file of this machine, or the id of one at the service")
    run.add_argument("--steps", metavar="JSON", type=_json, required=True, help='a list, as [{"op": "dedup"}]')
    run.add_argument("--output", metavar="JSON", type=_json, help='how to write it, as {"delimiter": ";"}')
    run.add_argument("--on-ragged", choices=["keep", "pad", "drop", "fail"], help="records of another length")
    run.add_argument("--label", help="a name for the task, for people")
    run.add_argument("-o", metavar="FILE", default="-", help="the result (default: standard output)")
    run.add_argument("--dropped", metavar="FILE", help="the dropped records, byte for byte")
    run.add_argument("--explain", metavar="FILE", help="why each of them was dropped, a JSON object a line")
    run.add_argument("--receipt", metavar="FILE", help="what was done, counted and hashed, as JSON")
    run.add_argument("-q", "--quiet", action="store_true", help="no warnings and no progress")
    download = action("download", _download, "Fetch a stored file, or the result of a task; goes on where it stopped")
    download.add_argument("id", metavar="ID", help="of a file (a number) or of a task")
    download.add_argument("-o", metavar="FILE", required=True, help="where to")
    action("files", _files, "List the stored files, the newest first")
    action("tasks", _tasks, "List the tasks, the newest first")
    return parser


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"is not JSON: {error}") from error


def account() -> Path:
    """Where the address and the key of the service are kept, readable by their owner alone."""
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "csvapi" / "remote.json"


@contextmanager
def _service() -> Iterator[Client]:
    """The service that CSVAPI_URL and CSVAPI_KEY name, else the one of `login`."""
    from csvapi_client import Client

    url, key = os.environ.get("CSVAPI_URL"), os.environ.get("CSVAPI_KEY")
    if not (url and key):
        if not account().exists():
            raise InvalidInput("csvapi remote login URL --email YOU comes first; or set CSVAPI_URL and CSVAPI_KEY")
        kept = json.loads(account().read_text())
        url, key = url or kept["url"], key or kept["key"]
    with Client(url, api_key=key) as client:
        yield client


def _login(options: argparse.Namespace) -> int:
    from csvapi_client import Client

    with Client.login(options.url, options.email, _password()) as client:
        body = {"name": f"csvapi remote on {socket.gethostname()}"[:100]}
        made = client.request("POST", "/api/v1/api-keys", json=body).json()
    path = account()
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = {"url": options.url, "email": options.email, "key": made["secret"], "id": made["id"]}
    path.touch(0o600)
    path.chmod(0o600)  # also where it was there before
    path.write_text(json.dumps(kept))
    print(f"The key is in {path}; it ends on {made['expires_at']}.", file=sys.stderr)
    return 0


def _logout(options: argparse.Namespace) -> int:
    """No key deletes keys: it takes the password."""
    from csvapi_client import Client, NotFound

    del options
    if not account().exists():
        return 0
    kept = json.loads(account().read_text())
    with Client.login(kept["url"], kept["email"], _password()) as client, suppress(NotFound):
        client.request("DELETE", f"/api/v1/api-keys/{kept['id']}")
    account().unlink()
    return 0


def _password() -> str:
    """Asked for on a terminal, else the first line of standard input; never an argument, which others can see."""
    return getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")


def _upload(options: argparse.Namespace) -> int:
    with _service() as service:
        for name in options.files:
            print(service.upload(name).id)
    return 0


def _run(options: argparse.Namespace) -> int:
    given = {"on_ragged": options.on_ragged, "output": options.output, "label": options.label}
    more = {name: value for name, value in given.items() if value is not None}
    with _service() as service:
        task = service.run(_stored(service, options.input), options.steps, **more)
        _follow(task, quiet=options.quiet)
        known = DataWarning.__dataclass_fields__  # a newer service may say more
        found = [DataWarning(**{name: each[name] for name in known.keys() & each.keys()}) for each in task.warnings]
        warn("remote", found, quiet=options.quiet)
        if options.dropped:
            task.download_dropped(options.dropped)
        if options.explain:
            with Path(options.explain).open("w") as file:
                file.writelines(json.dumps(vars(each)) + "\n" for each in task.dropped())
        if options.receipt:
            Path(options.receipt).write_text(json.dumps(task.receipt(), indent=2) + "\n")
        _fetch(task, options.o)
    return 0


def _stored(service: Client, name: str) -> File | int:
    """The input at the service: uploaded, where it is a file of this machine."""
    if name.isdigit() and not Path(name).exists():
        return int(name)
    return service.upload(name)


def _follow(task: Task, *, quiet: bool) -> None:
    """Draw the progress on a terminal until the task has ended. Raises what `Task.wait` raises."""
    bar = Bar.on_terminal(0, quiet=quiet)
    for event in task.events():
        if event.event == "progress":
            named = {name: event.data.get(name) or 0 for name in Progress.__dataclass_fields__}
            bar(Progress(**named))
    bar.close()
    task.wait()


def _fetch(found: Task | File, target: str) -> None:
    """The bytes to a file, or to standard output once all of them are there and right."""
    if target != "-":
        found.download(target)
        return
    with tempfile.TemporaryDirectory(prefix="csvapi-") as folder:
        with found.download(Path(folder) / "result").open("rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)
        sys.stdout.buffer.flush()


def _download(options: argparse.Namespace) -> int:
    with _service() as service:
        _fetch(service.file(int(options.id)) if options.id.isdigit() else service.task(options.id), options.o)
    return 0


def _files(options: argparse.Namespace) -> int:
    del options
    with _service() as service:
        for file in service.files():
            print(f"{file.id}\t{file.data['kind']}\t{file.data['size']}\t{file.data['created_at']}\t{file.name}")
    return 0


def _tasks(options: argparse.Namespace) -> int:
    del options
    with _service() as service:
        for task in service.tasks():
            print(f"{task.id}\t{task.status}\t{task.data['created_at']}\t{task.data['label'] or ''}")
    return 0
