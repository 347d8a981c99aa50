"""While another user is there, nobody holds every worker; small inputs have a queue of their own."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask

from csvapi.extensions import runtime
from csvapi.models import Status, now
from csvapi.queue.enqueue import QUEUE, SMALL
from csvapi.services import leases, recovery, tasks, worker_shares
from csvapi.services.dispatch import dispatch_all
from tests.services.alone import alone, ann, application, bob, change, environ, row, run, stored, submit
from tests.stack import Account

__all__ = ["alone", "ann", "bob", "environ"]


def workers(*names: str) -> None:
    """So many workers have just given a sign of life, and no others."""
    connection = runtime().redis
    connection.delete("csvapi:alive:worker")
    for name in names:
        connection.zadd("csvapi:alive:worker", {name: time.time()})


def gone(account: Account) -> None:
    """The user has not been there for a while."""
    runtime().redis.zrem("csvapi:there", account.id)


def many(account: Account, count: int) -> list[str]:
    file_id = account.upload(b"a\n1\n1\n")
    return [submit(account, file_id=file_id) for _ in range(count)]


def take(*ids: str) -> list[str]:
    """What workers do with jobs: those that they may run are claimed."""
    for task_id in ids:
        runtime().jobs.withdraw(task_id)
    return [task_id for task_id in ids if leases.claim(task_id, f"worker of {task_id}")]


def long_ago(*ids: str) -> None:
    for number, task_id in enumerate(ids):
        change(task_id, started_at=now() - timedelta(seconds=100 - number))


def test_alone_a_user_has_every_worker(alone: Flask, ann: Account, bob: Account) -> None:
    workers("a", "b")
    ids = many(ann, 4)
    assert take(*ids[:3]) == ids[:3]
    assert runtime().settings.max_running == 3


def test_while_another_is_there_nobody_takes_the_last_worker(alone: Flask, ann: Account, bob: Account) -> None:
    workers("a", "b")
    ids = many(ann, 3)
    theirs = submit(bob)
    assert take(*ids) == ids[:1]
    assert [row(each).queued_at is None for each in ids[1:]] == [True, True], "they wait for their turn again"
    assert take(theirs) == [theirs]
    assert runtime().jobs.waiting() == set()
    dispatch_all()
    assert runtime().jobs.waiting() == set(), "one of each, that is all there may be"


def test_the_next_one_goes_on_when_one_ends_and_all_when_the_other_is_gone(
    alone: Flask, ann: Account, bob: Account
) -> None:
    workers("a", "b")
    ids = many(ann, 3)
    submit(bob)
    for task_id in ids[1:]:
        change(task_id, queued_at=None)
        runtime().jobs.withdraw(task_id)
    runtime().jobs.withdraw(ids[0])
    run(ids[0])
    assert ids[1] in runtime().jobs.waiting()
    assert ids[2] not in runtime().jobs.waiting()
    tasks.cancel(bob.id, next(iter(runtime().jobs.waiting() - set(ids))))
    gone(bob)
    dispatch_all()
    assert runtime().jobs.waiting() == set(ids[1:])


def test_workers_that_claim_at_once_do_not_pass_the_share(
    environ: dict[str, str], alone: Flask, ann: Account, bob: Account
) -> None:
    with application(environ, CSVAPI_MAX_RUNNING_TASKS="8") as app:
        workers("a", "b", "c")
        ids = many(ann, 8)
        submit(bob)

        def one(task_id: str) -> bool:
            with app.app_context():
                return leases.claim(task_id, task_id) is not None

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(one, ids)) == 2


@pytest.mark.parametrize("names", [[], ["a"]])
def test_with_one_worker_or_none_known_users_take_turns_as_before(
    alone: Flask, ann: Account, bob: Account, names: list[str]
) -> None:
    workers(*names)
    ids = many(ann, 3)
    submit(bob)
    assert take(*ids) == ids
    assert recovery.make_room() == 0


def test_who_holds_every_worker_when_another_comes_gives_the_youngest_task_back(
    alone: Flask, ann: Account, bob: Account
) -> None:
    workers("a", "b")
    ids = many(ann, 2)
    assert take(*ids) == ids
    assert recovery.make_room() == 0, "nobody waits"
    theirs = submit(bob)
    assert recovery.make_room() == 0, "they have only begun, and may end by themselves"
    long_ago(*ids)
    assert recovery.make_room() == 1
    kept, given = row(ids[0]), row(ids[1])
    assert kept.status == Status.RUNNING
    assert (given.status, given.queued_at, given.lost) == (Status.QUEUED, None, 0)
    assert runtime().redis.exists(f"csvapi:stop:{ids[1]}"), "its worker stops within a second"
    assert recovery.make_room() == 0, "one is enough"
    assert take(theirs) == [theirs]
    dispatch_all()
    assert runtime().jobs.waiting() == set()
    gone(bob)
    dispatch_all()
    assert runtime().jobs.waiting() == {ids[1]}
    run(ids[1])
    assert row(ids[1]).status == Status.SUCCEEDED, "the word to stop was for the attempt before"


def test_small_inputs_have_a_queue_of_their_own(environ: dict[str, str], alone: Flask, ann: Account) -> None:
    with application(environ, CSVAPI_FORK_ABOVE="1KiB"):
        small, large = ann.upload(b"a\n1\n"), stored(ann, b"a\n" + b"1\n" * 1000)
        step = {"op": "dedup"}
        with_another = {"op": "concat", "files": [large]}
        ids = [tasks.submit(ann.id, *each).id for each in ((small, [step]), (large, [step]), (small, [with_another]))]
        queues = runtime().jobs.queues
        assert queues[SMALL].job_ids == ids[:1]
        assert queues[QUEUE].job_ids == ids[1:]
        assert runtime().jobs.waiting() == set(ids)
        assert runtime().jobs.figures()[0] == 3
        runtime().redis.delete(*(queue.key for queue in queues.values()))
        for task_id in ids:
            change(task_id, queued_at=now() - timedelta(minutes=1))
        assert recovery.reap() == 3, "a lost queue is put back as it was"
        assert queues[SMALL].job_ids == ids[:1]
        assert set(queues[QUEUE].job_ids) == set(ids[1:])
        for task_id in ids:
            tasks.cancel(ann.id, task_id)
        assert runtime().jobs.waiting() == set()


def test_without_redis_nobody_is_bounded(alone: Flask, environ: dict[str, str], ann: Account) -> None:
    with application(environ, REDIS_URL="redis://127.0.0.1:1"):
        assert worker_shares.share(ann.id) == runtime().settings.max_running


def test_a_task_knows_whether_another_user_is_active(alone: Flask, ann: Account, bob: Account) -> None:
    (mine,) = many(ann, 1)
    gone(bob)
    assert not worker_shares.others_wait(mine)
    many(bob, 1)
    assert worker_shares.others_wait(mine)
    gone(bob)
    assert not worker_shares.others_wait(mine)
    assert not worker_shares.others_wait("no task")
