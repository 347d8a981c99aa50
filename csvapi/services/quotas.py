"""What a user may store and have running, counted in the transaction that adds to it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, case, func, literal, select, update
from sqlalchemy.orm import Session

from csvapi.csvio.disk import Limits
from csvapi.errors import NotFound, QuotaExceeded
from csvapi.extensions import changed, runtime, transaction
from csvapi.models import ACTIVE, ApiKey, File, HashKey, Saved, Status, Task, Upload, User, Webhook
from csvapi.recent import HARMLESS

_INDEX = func.coalesce(File.index_size, 0)
# of a file that is registered only its index is stored
STORED = func.coalesce(func.sum(case((File.object_url.is_(None), File.size), else_=0) + _INDEX), 0)
RESERVED = func.coalesce(func.sum(Upload.length), 0)  # by uploads in parts, for all of what they announced
OPEN = Upload.ended_at.is_(None)
_LOCK = (
    update(User.__table__)  # type: ignore[arg-type]  # a table, which a mapper's need not be
    .where(User.__table__.c.id == bindparam("user"))
    .values(is_active=User.__table__.c.is_active)
)
_ACTIVE = (
    select(Task.status, func.count(), func.count(Task.queued_at))
    .where(Task.user_id == bindparam("user"), Task.status.in_(ACTIVE))
    .group_by(Task.status)
)
WAITING = (Task.status == Status.QUEUED, Task.queued_at.is_(None))  # for its user's turn


def lock(session: Session, user_id: int) -> None:
    """Let no other transaction count the usage of this user until this one ends.

    An UPDATE that changes nothing locks the row on a server, and all of SQLite, which has no SELECT FOR UPDATE. Call
    this as the first statement of a transaction: later reads are then up to date. A later call could deadlock: a server
    that checks a foreign key to the user (of a new row, and also of a task's new status) has already taken a shared
    lock of the user's row. Two transactions with that lock would wait for each other here, and one would be rolled
    back. Raises NotFound if the account is gone.
    """
    if not changed(session.execute(_LOCK, {"user": user_id})):
        raise NotFound("The account has been deleted")


def place(session: Session, user_id: int, kind: type[ApiKey | HashKey | Webhook | Saved], most: int, what: str) -> None:
    """Lock the user; raise QuotaExceeded if they have `most` of a kind. For a transaction that adds one."""
    lock(session, user_id)
    count = session.scalar(select(func.count()).where(kind.user_id == user_id)) or 0
    if count >= most:
        raise QuotaExceeded(f"You have {count} {what}, the most there may be; delete some", limit=most)


class Stored(NamedTuple):
    """What a user stores, here or as results from the cluster: bytes, the number of all files, and the own limit."""

    size: int
    files: int
    own: int | None


def room(session: Session, user_id: int, size: int = 1, more: int = 1, *, on_cluster: bool = False) -> int:
    """The bytes the user may still store. Raises QuotaExceeded if `size` bytes, or `more` files, are too much.

    Neither may exceed what all users together may store (CSVAPI_MAX_STORED_TOTAL). Results that were made on the
    cluster have a quota of their own.
    """
    return _room(session, stored_by(session, user_id, on_cluster=on_cluster), size, more, on_cluster=on_cluster)


def room_and_waiting(session: Session, user_id: int, size: int, more: int, *, on_cluster: bool) -> tuple[int, bool]:
    """The same, and in the same statement whether a task of the user waits for its turn (see `dispatch`)."""
    *stored, waits = session.execute(_stored(on_cluster=on_cluster, waiting=True), {"user": user_id}).one()
    return _room(session, as_stored(*stored), size, more, on_cluster=on_cluster), bool(waits)


def _room(session: Session, stored: Stored, size: int, more: int, *, on_cluster: bool) -> int:
    left = _left(stored, size, more, on_cluster=on_cluster)
    return min(left, _room_of_all(session, size)) if runtime().settings.max_stored_total else left


def _left(stored: Stored, size: int, more: int, *, on_cluster: bool) -> int:
    settings = runtime().settings
    own = settings.max_stored if stored.own is None else stored.own
    most = settings.cluster_max_stored if on_cluster else own
    if most - stored.size < size:
        what = "results from the cluster" if on_cluster else "files"
        raise QuotaExceeded(f"Your {what} take {stored.size} of your {most} bytes; delete some", limit=most)
    _check_count(stored.files + more)
    return most - stored.size


def full(room: int) -> QuotaExceeded:
    """The error of a file that needs more than the user has left."""
    return QuotaExceeded(f"The file is larger than the {room} bytes you have left; delete some files", limit=room)


def one_more_file(session: Session, user_id: int) -> None:
    """Raise QuotaExceeded if the user may not have another file, whatever its size."""
    _check_count(stored_by(session, user_id).files + 1)


def stored_by(session: Session, user_id: int, *, on_cluster: bool = False) -> Stored:
    """What the user stores, here or as results from the cluster.

    An upload in parts that has not ended is a file of its whole length.
    """
    return as_stored(*session.execute(_stored(on_cluster=on_cluster), {"user": user_id}).one())


@cache
def _stored(*, on_cluster: bool, waiting: bool = False) -> Select[Any]:
    """The statement, which takes longer to make than to execute; of a `user`."""
    user: BindParameter[int] = bindparam("user")
    own = select(User.max_stored).where(User.id == user).scalar_subquery()
    more = [select(Task.id).where(Task.user_id == user, *WAITING).exists()] if waiting else []
    figures = size_of(File, on_cluster=on_cluster), func.count(), own, *coming(user, on_cluster=on_cluster)
    return select(*figures, *more).where(File.user_id == user)


def size_of(files: Any, *, on_cluster: bool = False) -> ColumnElement[int]:
    """The bytes of so many rows of files that count: of what is registered, only the index."""
    there = files.on_cluster.is_(on_cluster)
    size = case((and_(files.object_url.is_(None), there), files.size), else_=0)
    return func.coalesce(func.sum(size + case((there, func.coalesce(files.index_size, 0)), else_=0)), 0)


def coming(user: Any, *, on_cluster: bool = False) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """The bytes that the user's open uploads have reserved, none of them on the cluster, and how many they are."""
    mine = (Upload.user_id == user, OPEN)
    held = literal(0) if on_cluster else select(RESERVED).where(*mine).scalar_subquery()
    return held, select(func.count()).select_from(Upload).where(*mine).scalar_subquery()


def as_stored(size: Any, count: int | None, own: int | None, held: Any, more: int) -> Stored:
    """The figures as a server gives them: decimals where it adds up, nothing where there is no file."""
    return Stored(int(size or 0) + int(held), (count or 0) + more, own)


def _check_count(count: int) -> None:
    most = runtime().settings.max_files
    if count > most:
        raise QuotaExceeded(f"You have {most} files, the most there may be; delete some", limit=most)


def _room_of_all(session: Session, size: int) -> int:
    """The bytes that all users together may still store; raises QuotaExceeded if `size` bytes are too much.

    Concurrent transactions wait here for each other: every one of them locks the first user's row after its own user's.
    """
    most = runtime().settings.max_stored_total
    first = session.scalar(select(func.min(User.id)))
    same = update(User).where(User.id == first).values(is_active=User.is_active)
    session.execute(same, execution_options=HARMLESS)
    reserved = select(RESERVED).where(OPEN).scalar_subquery()
    stored = sum(map(int, session.execute(select(STORED, reserved)).one()))
    if most - stored < size:
        detail = f"The files of all users take {stored} of the {most} bytes this service may store; tell its operator"
        raise QuotaExceeded(detail, limit=most)
    return most - stored


def limits(user_id: int, stored: Stored | None = None, *, on_cluster: bool = False) -> Limits:
    """What a task of the user may write, including the user's quota; raises what `room` raises.

    `stored` is what the user stores, where that was just read.
    """
    settings = runtime().settings
    if stored and not settings.max_stored_total:
        left = _left(stored, 1, 1, on_cluster=on_cluster)
    else:
        with transaction() as session:
            left = room(session, user_id, on_cluster=on_cluster)
    output = settings.cluster_max_file if on_cluster else settings.max_output
    return Limits(quota=left, output=output, reserve=settings.disk_reserve)


@dataclass(frozen=True, slots=True)
class Active:
    """A user's unfinished tasks: `queued` ones, and those `handed_over`, which are on the queue or running."""

    queued: int
    handed_over: int

    def turns(self, most: int) -> int:
        """How many more tasks may go on the queue, if `most` may be there or running (see `worker_shares`)."""
        return max(0, most - self.handed_over)


def active(session: Session, user_id: int) -> Active:
    """The numbers of the user's unfinished tasks."""
    counts = session.execute(_ACTIVE, {"user": user_id}).all()
    queued = sum(all_ for status, all_, _ in counts if status == Status.QUEUED)
    handed_over = sum(on_queue if status == Status.QUEUED else all_ for status, all_, on_queue in counts)
    return Active(queued, handed_over)


def one_more(session: Session, user_id: int) -> Active:
    """The numbers before another task is queued. Raises QuotaExceeded if no other may be."""
    limit = runtime().settings.max_queued
    found = active(session, user_id)
    if found.queued >= limit:
        raise QuotaExceeded(f"You have {found.queued} queued tasks, the most there may be", limit=limit, retry_after=5)
    return found
