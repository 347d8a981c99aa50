"""`csvapi worker`: RQ's forking worker, with what this project needs around each job.

A job runs in a forked process, so that running out of memory or crashing affects nothing else. Only a task too small
for that (CSVAPI_FORK_ABOVE) is run by the worker itself, at a third of the cost. What a job imports is loaded before.
"""

from __future__ import annotations

import math
import os
import signal
import sys
import time
from contextlib import suppress
from types import FrameType
from typing import Any

import redis
import structlog
from redis.client import Pipeline
from rq import Queue, Worker
from rq.exceptions import StopRequested
from rq.executions import Execution
from rq.job import Job
from rq.worker import WorkerStatus

from csvapi.config import Settings
from csvapi.errors import CsvapiError, OutOfMemory, WorkerLost
from csvapi.jobs import small_tasks
from csvapi.process import cores, memory
from csvapi.process.memory_kills import KILLED, oom_kills, prefer_to_kill_this_process
from csvapi.process.parent_death import die_with_parent
from csvapi.queue import heartbeats
from csvapi.queue.enqueue import SMALL, Jobs

log = structlog.get_logger(__name__)
TICK = 1  # seconds between looks at a running horse
HEARTBEAT = 15.0  # seconds between RQ's own heartbeats, which it keeps for more than a minute
SHOWN = 1.0  # seconds within which RQ is neither told nor asked again of what seldom changes
RENEWALS = 6  # of the lease before it would run out
NICENESS = 15  # of nice(2): requests, previews and small tasks go before a long task
LOST = "The process that ran the task was killed"


class TaskWorker(Worker):
    """A worker that reconnects within seconds, holds its task's lease, and leaves no task unfinished.

    It runs a small task itself, in milliseconds; a larger one runs in a forked work-horse, so that its memory and its
    failures end with it. The parent renews the lease while the work-horse lives, also during a long step that reports
    nothing; once the horse has died, the parent gives up what it left. The row is the truth: no failure of Redis stops
    a running horse.
    """

    max_connection_wait_time = 2.0
    log_result_lifespan = False

    def __init__(self, *args: Any, settings: Settings, survives_fork: bool = True, **kwargs: Any) -> None:
        kwargs["name"] = heartbeats.name_of_process()
        super().__init__(*args, **kwargs)
        self.job_monitoring_interval = TICK
        self._settings, self._survives_fork = settings, survives_fork
        self._jobs = Jobs(self.connection, timeout=0)  # which only looks, here
        self._room = settings.task_memory + memory.BESIDES  # of a task, on top of what the process has
        self._stop_by = math.inf  # when the task is handed back: set by a signal
        self._renewed = self._beaten = 0.0
        self._clean, self._crashed = True, False
        self._others = False  # other users than the task's are active
        self._here = False  # a small task is being run by this process itself
        self._shown = self._ranked = -math.inf  # when it last said that it lives, and looked which worker it is
        self._first = False

    @property
    def dequeue_timeout(self) -> int:
        """Seconds until an idle worker's loop runs again and sends a heartbeat, although there is no job."""
        return int(heartbeats.INTERVAL)

    def heartbeat(self, timeout: int | None = None, pipeline: Pipeline | None = None) -> None:
        """RQ's heartbeat, from its own loop, with ours and its state, at most every SHOWN seconds.

        RQ sends three for each job, of three commands each, and its state once more: half of its trips.
        """
        heartbeats.give()
        if pipeline is not None:
            super().heartbeat(timeout, pipeline)
        elif time.monotonic() - self._shown >= SHOWN:
            with self.connection.pipeline() as shown:
                super().set_state(self._state, shown)
                super().heartbeat(timeout, shown)
                shown.execute()
            self._shown = time.monotonic()

    def set_state(self, state: str, pipeline: Pipeline | None = None) -> None:
        """Show another state at once; `heartbeat` repeats it."""
        if state != self._state or pipeline is not None:
            super().set_state(state, pipeline)

    def check_for_suspension(self, burst: bool) -> None:
        """Look whether `rq suspend` was called, at most every SHOWN seconds: whenever a heartbeat is due."""
        if time.monotonic() - self._shown >= SHOWN:
            super().check_for_suspension(burst)

    def dequeue_job_and_maintain_ttl(self, *args: Any, **kwargs: Any) -> tuple[Job, Queue] | None:
        """Wait for a job; the queue served last comes last, except for one worker, which serves small tasks first.

        That worker is the first by name; within seconds after it is gone it is another one. A single worker takes
        turns.
        """
        if time.monotonic() - self._ranked >= SHOWN:
            self._first, self._ranked = self._jobs.first_of_many(self.name), time.monotonic()
        if self._first:
            self._ordered_queues = self.queues[:]
        return super().dequeue_job_and_maintain_ttl(*args, **kwargs)

    def reorder_queues(self, reference_queue: Queue) -> None:
        """Called with the queue that a job came from."""
        self._ordered_queues = sorted(self.queues, key=lambda queue: queue.name == reference_queue.name)

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Run the job of a small task here, and any other in a forked work-horse."""
        self._here = queue.name == SMALL and self._survives_fork
        if self._here:
            with memory.limited(self._room):
                self._here = small_tasks.perform(self, job, queue)
        if self._here:
            self._here = False
            self._stop_requested |= memory.exceeded()  # its memory may be in pieces: see `begin_anew`
        else:
            self._execute_in_a_horse(job, queue)

    def begin_anew(self) -> None:
        """Replace this process with a new worker if a task left it short of memory and it is not to stop.

        It does so itself: the supervisor waits longer before restarting a program that ends often, and users could
        cause that.
        """
        if memory.exceeded() and self._stop_by == math.inf:
            log.warning("worker_begins_anew", reason="a task needed more memory than it might have")
            os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 -- what this process was

    def _execute_in_a_horse(self, job: Job, queue: Queue) -> None:
        from csvapi.extensions import db

        self._renewed = self._beaten = time.monotonic()
        self._clean = self._crashed = False
        self._others = _others_wait(job.id)
        for engine in db.engines.values():
            engine.dispose()  # a horse inherits no connection: SQLite forbids even closing one
        kills = oom_kills()
        try:
            super().execute_job(job, queue)
        finally:
            if not self._clean:
                self._give_up(job.id, killed_for_memory=self._crashed or oom_kills() > kills)

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        """Run the job, as the horse: with a limit on memory, at a lower priority than the requests', and never without
        its parent."""
        die_with_parent(self.pid or os.getppid())
        prefer_to_kill_this_process()
        os.nice(NICENESS)
        if self._others:
            cores.share(left=True)
        memory.limit(self._room)
        super().main_work_horse(job, queue)

    def handle_exception(self, job: Job, *exc_info: Any) -> None:
        """A task's failure is already in its row and the log; any other exception is a bug in the job."""
        if not isinstance(exc_info[1], CsvapiError):
            super().handle_exception(job, *exc_info)

    def wait_for_horse(self) -> tuple[int | None, int | None, Any]:
        """Wait until the horse has ended, note how, and end what it had started."""
        pid, status, usage = super().wait_for_horse()
        self._clean = status == os.EX_OK
        self._crashed = status is not None and self._ran_into_its_limit(status, usage)
        if not self._clean:
            with suppress(ProcessLookupError):  # what it had started must not outlive it
                os.killpg(self.horse_pid, signal.SIGKILL)
        return pid, status, usage

    def _ran_into_its_limit(self, status: int, usage: Any) -> bool:
        """Whether a library aborted the horse when memory was refused: it had used much of its limit."""
        crashed = os.WIFSIGNALED(status) and os.WTERMSIG(status) in {signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS}
        return crashed and usage.ru_maxrss * 1024 > self._room // 2

    def maintain_heartbeats(self, job: Job, execution: Execution) -> None:
        """Called every TICK while the horse runs."""
        heartbeats.give()
        at = time.monotonic()
        self._share_cores(job.id)
        if at >= self._stop_by or not self._hold(job.id, at):
            self.kill_horse()
        elif at - self._beaten >= HEARTBEAT:
            self._beaten = at
            try:
                super().maintain_heartbeats(job, execution)
            except redis.RedisError as error:
                log.warning("no_heartbeat", reason=str(error))

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Stop on SIGTERM or SIGINT: now, or when the task has ended or its grace period is over.

        A second signal ends the grace period.
        """
        if not self._here and self.get_state() != WorkerStatus.BUSY:
            raise StopRequested
        self._stop_by = time.monotonic() + (0 if self._stop_requested else self._settings.stop_grace)
        self._stop_requested = True

    def _hold(self, task_id: str, at: float) -> bool:
        from csvapi.services import leases

        if at - self._renewed < self._settings.lease / RENEWALS:
            return True
        self._renewed = at
        try:
            return leases.hold(task_id, self.name)
        except CsvapiError as error:
            log.warning("lease_not_renewed", task_id=task_id, reason=str(error))
            return True

    def _share_cores(self, task_id: str) -> None:
        """Leave one core to others while another user is active; all are the task's while its user is alone."""
        others = _others_wait(task_id)
        if others != self._others:
            self._others = others
            cores.share_group(self.horse_pid, left=others)

    def _give_up(self, task_id: str, *, killed_for_memory: bool) -> None:
        from csvapi.services import recovery

        cause = OutOfMemory(KILLED) if killed_for_memory else WorkerLost(LOST)
        try:
            recovery.abandoned(task_id, self.name, cause, blameless=time.monotonic() >= self._stop_by)
        except CsvapiError as error:
            log.warning("left_to_the_reaper", task_id=task_id, reason=str(error))


def _others_wait(task_id: str) -> bool:
    from csvapi.services import worker_shares

    try:
        return worker_shares.others_wait(task_id)
    except CsvapiError:  # a database that is away
        return False
