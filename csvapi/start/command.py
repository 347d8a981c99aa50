"""`csvapi start`: the embedded queue, the database, the web server, workers and the scheduler, until Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from csvapi import config, settings_check
from csvapi.native import loader
from csvapi.start import descriptors, listener, probe, programs
from csvapi.start.admin import FIRST_ADMIN, generate
from csvapi.start.banner import banner
from csvapi.start.folder import CannotStart, locked, own_secrets
from csvapi.start.migrate import CREATED
from csvapi.start.queue import Valkey
from csvapi.start.supervisor import Keeper, Supervisor, run_to_end

_TIMEOUT = 180.0  # seconds for a program to get ready
_LAST_WORDS = 5.0  # seconds beyond the workers' own grace, to hand back what they have
_HOPELESS = 3  # deaths in a row before it is ready


def build_parser() -> argparse.ArgumentParser:
    """The options of `csvapi start`."""
    return argparse.ArgumentParser(
        "csvapi start", description=__doc__, epilog="Settings come from the environment: see docs/settings.md."
    )


def main(arguments: Sequence[str]) -> int:
    """Start and run until a signal; exit code 0 then, or 1 with one line that says why it cannot start."""
    build_parser().parse_args(arguments)
    descriptors.raise_limit()
    os.umask(0o077)  # only this user may read what is stored
    settings = config.load()
    loader.load()  # refuses a CSVAPI_NATIVE that means nothing before anything is started
    folder = settings.data_dir.expanduser().absolute()
    with locked(folder), listener.listen(settings.host, settings.port) as sock:
        secrets = own_secrets(folder)
        env = programs.environment(os.environ, settings, folder, secrets)
        valkey = None if settings.redis_url else Valkey.plan(folder / "queue", secrets["CSVAPI_QUEUE_PASSWORD"])
        env["REDIS_URL"] = settings.redis_url if valkey is None else valkey.url
        settings_check.check(config.load(env))
        asyncio.run(Instance(env, folder, sock, valkey).run())
    return 0


class Instance:
    """One running csvapi."""

    def __init__(self, env: Mapping[str, str], folder: Path, sock: socket.socket, valkey: Valkey | None) -> None:
        self._env, self._folder, self._sock, self._valkey = env, folder, sock, valkey
        self._supervisor = Supervisor(say, config.load(env).stop_grace + _LAST_WORDS)
        self._stopping, self._hurry = asyncio.Event(), asyncio.Event()

    async def run(self) -> None:
        """Start everything in order and wait for a signal; in every case, everything is stopped at the end."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._stop)
        serving = asyncio.create_task(self._serve())
        signalled = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({serving, signalled}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            signalled.cancel()
            serving.cancel()
            if self._stopping.is_set():
                print("csvapi is stopping ...", flush=True)
            await self._supervisor.stop(self._hurry)
        with suppress(asyncio.CancelledError):
            await serving

    def _stop(self) -> None:
        """A first signal asks all programs to end, a second one does not wait for them."""
        (self._hurry if self._stopping.is_set() else self._stopping).set()

    async def _serve(self) -> None:
        if self._valkey is not None:
            queue = self._supervisor.start(programs.queue(self._valkey))
            await self._until(self._valkey.ready, queue)
        login = await self._migrate()
        web = self._supervisor.start(programs.web(self._env, self._sock.fileno()))
        settings = config.load(self._env)
        for program in (*programs.workers(self._env, settings.workers), programs.scheduler(self._env)):
            self._supervisor.start(program)
        address = listener.reachable(self._sock)

        async def ready() -> bool:
            return await probe.status(address, "/readyz") == 200

        await self._until(ready, web)
        print(banner(listener.url(self._sock), self._folder, login), flush=True)
        await asyncio.Event().wait()

    async def _migrate(self) -> tuple[str, str] | None:
        """Prepare the database; returns e-mail and password of a first administrator if one was created now."""
        made_up = {"CSVAPI_ADMIN_EMAIL": FIRST_ADMIN, "CSVAPI_ADMIN_PASSWORD": generate()}
        named = bool(config.load(self._env).admin_email)
        process = await programs.migrate(
            self._env if named else {**self._env, **made_up}, *([] if named else ["--first-admin"])
        ).spawn()
        lines: list[str] = []
        if await run_to_end(process, lines.append):
            raise CannotStart(f"The database cannot be brought up to date: {lines[-1] if lines else 'no reason given'}")
        created = any(line.endswith(CREATED) for line in lines)
        return (FIRST_ADMIN, made_up["CSVAPI_ADMIN_PASSWORD"]) if created and not named else None

    async def _until(self, ready: Callable[[], Awaitable[bool]], keeper: Keeper) -> None:
        """Wait until the program is ready. Raises CannotStart if it keeps dying or takes too long."""
        name = keeper.program.name
        with suppress(TimeoutError):
            async with asyncio.timeout(_TIMEOUT):
                while keeper.deaths < _HOPELESS:
                    if await ready():
                        return
                    await asyncio.sleep(0.02)
                raise CannotStart(f"The program {name} does not start: {keeper.why()}")
        raise CannotStart(f"The program {name} was not ready within {_TIMEOUT:.0f} s")


def say(name: str, line: str) -> None:
    """Print one line of a program, or about it."""
    print(f"{name:<9} | {line}", file=sys.stderr, flush=True)
