"""`csvapi remote`: the same steps over a file, done by a service, through its Python client."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from csvapi.commands import remote_run, remote_saved, remote_service
from csvapi.commands.arguments import Parser
from csvapi.commands.packed import add_selection
from csvapi.commands.remote_run import fetch, uploaded
from csvapi.commands.remote_service import service
from csvapi.errors import InvalidInput

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

SUMMARY = "Work with files and tasks of a csvapi service."
_NO_CLIENT = "the client is not installed: pip install csvapi-client (clients/python in the sources)"


def main(given: Sequence[str]) -> int:
    """Do one thing at a service; an error is one line on standard error."""
    options = build_parser().parse_args(given)
    try:
        from csvapi_client import CsvapiError as Refused
    except ImportError as error:
        raise InvalidInput(_NO_CLIENT) from error
    action: Callable[[argparse.Namespace], int] = options.action
    if not getattr(options, "quiet", False):
        _tell_of_waits()
    try:
        return action(options)
    except (Refused, OSError) as error:
        raise InvalidInput(" ".join(str(error).split())) from error


def _tell_of_waits() -> None:
    """Let the client's own lines go to standard error: why a request is sent again, and after how long.

    On a terminal or not, as curl and pip do: whoever reads the log of a script wants to know it, too.
    """
    told = logging.StreamHandler()
    told.setFormatter(logging.Formatter("csvapi remote: %(message)s"))
    log = logging.getLogger("csvapi_client")
    log.addHandler(told)
    log.setLevel(logging.INFO)


def build_parser() -> Parser:
    """The options of `csvapi remote`."""
    parser = Parser("csvapi remote", description=SUMMARY, allow_abbrev=False)
    actions = parser.add_subparsers(required=True, metavar="ACTION")

    def action(name: str, does: Callable[[argparse.Namespace], int], summary: str) -> argparse.ArgumentParser:
        found: argparse.ArgumentParser = actions.add_parser(name, help=summary, description=summary, allow_abbrev=False)
        found.set_defaults(action=does)
        return found

    login = action("login", remote_service.login, "Get an API key for this machine; asks for the password")
    login.add_argument("url", metavar="URL", help="the address of the service")
    login.add_argument("--email", required=True, help="the account")
    action("logout", remote_service.logout, "Delete the key of this machine, here and at the service")
    upload = action("upload", _upload, "Store files; prints the id of each")
    upload.add_argument("files", metavar="FILE", nargs="+", help="the files")
    add_selection(upload)
    remote_run.add_flags(action("run", remote_run.run, "Run steps over a file, and fetch the result"))
    download = action("download", _download, "Fetch a stored file, or the result of a task; goes on where it stopped")
    download.add_argument("id", metavar="ID", help="of a file (a number) or of a task")
    download.add_argument("-o", metavar="FILE", required=True, help="where to")
    action("files", _files, "List the stored files, the newest first")
    action("tasks", _tasks, "List the tasks, the newest first")
    action("pipelines", remote_saved.pipelines, "List the saved pipelines: id, version, date, name, files to give")
    save = action("save", remote_saved.save, "Save a pipeline of a file under its name; prints NAME@VERSION")
    save.add_argument("file", metavar="FILE", help="the pipeline as JSON, or a list of steps")
    save.add_argument("--name", help="what to call it (default: the name in the file)")
    action("keys", remote_saved.keys, "List the keys of hashes: name, fingerprint, date")
    add_key = action("add-key", remote_saved.add_key, "Make a key of hashes there; prints its fingerprint")
    add_key.add_argument("name", metavar="NAME", help="what steps name it by")
    add_key.add_argument(
        "--key-file", metavar="FILE", help="the file with the key (default: a random one that nobody gets to know)"
    )
    delete_key = action("delete-key", remote_saved.delete_key, "Delete a key of hashes there")
    delete_key.add_argument("name", metavar="NAME", help="what steps name it by")
    return parser


def _upload(options: argparse.Namespace) -> int:
    with service() as client:
        for name in options.files:
            print(uploaded(client, name, options).id)
    return 0


def _download(options: argparse.Namespace) -> int:
    with service() as client:
        fetch(client.file(int(options.id)) if options.id.isdigit() else client.task(options.id), options.o)
    return 0


def _files(options: argparse.Namespace) -> int:
    del options
    with service() as client:
        for file in client.files():
            print(f"{file.id}\t{file.data['kind']}\t{file.data['size']}\t{file.data['created_at']}\t{file.name}")
    return 0


def _tasks(options: argparse.Namespace) -> int:
    del options
    with service() as client:
        for task in client.tasks():
            print(f"{task.id}\t{task.status}\t{task.data['created_at']}\t{task.data['label'] or ''}")
    return 0
