"""What a user may keep and may ask for at once, counted where it is used up: in the transaction that adds to it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import CursorResult, func, select, update
from sqlalchemy.orm import Session

from csvapi.csvio.disk import Limits
from csvapi.errors import NotFound, QuotaExceeded
from csvapi.extensions import runtime, transaction
from csvapi.models import ACTIVE, ApiKey, File, Status, Task, User, Webhook


def lock(session: Session, user_id: int) -> None:
    """Let no other transaction count what this user has until this one ends.

    An UPDATE that changes nothing locks the row on a server and the whole of SQLite, which has no SELECT FOR UPDATE.
    To be the first statement of the transaction: what is read after it is up to date. And a server that checks a
    foreign key to the user (of a new row, but of a task's new status, too) has shared the row by then: two that did so
    first would wait here for each other, and one of them be rolled back. Raises NotFound for an account that is gone.
    """
    found = session.execute(update(User).where(User.id == user_id).values(is_active=User.is_active))
    if isinstance(found, CursorResult) and not found.rowcount:
        raise NotFound("The account has been deleted")


def place(session: Session, user_id: int, kind: type[ApiKey | Webhook], most: int, what: str) -> None:
    """Lock the user, and raise QuotaExceeded when they have `most` of a kind: for the transaction that adds one."""
    lock(session, user_id)
    count = session.scalar(select(func.count()).where(kind.user_id == user_id)) or 0
    if count >= most:
        raise QuotaExceeded(f"You have {count} {what}, the most there may be; delete some", limit=most)


def room(session: Session, user_id: int, size: int = 1, more: int = 1) -> int:
    """The bytes the user may still store; raises QuotaExceeded when `size` of them, or `more` files, do not fit.

    Neither may pass what all users may store together (CSVAPI_MAX_STORED_TOTAL).
    """
    settings = runtime().settings
    stored, count = session.execute(
        select(func.coalesce(func.sum(File.size), 0), func.count()).where(File.user_id == user_id)
    ).one()
    own = session.scalar(select(User.max_stored).where(User.id == user_id))
    most = settings.max_stored if own is None else own
    left = most - int(stored)
    if left < size:
        raise QuotaExceeded(f"Your files take {stored} of your {most} bytes; delete some", limit=most)
    if count + more > settings.max_files:
        raise QuotaExceeded(f"You have {count} files, the most there may be; delete some", limit=settings.max_files)
    return min(left, _room_of_all(session, size)) if settings.max_stored_total else left


def _room_of_all(session: Session, size: int) -> int:
    """The bytes that all users together may still store; raises QuotaExceeded when `size` of them do not fit.

    What is stored at once waits here for each other: the row of the first user is locked after the user's own, by
    everybody in this order.
    """
    most = runtime().settings.max_stored_total
    first = session.scalar(select(func.min(User.id)))
    session.execute(update(User).where(User.id == first).values(is_active=User.is_active))
    stored = int(session.scalar(select(func.coalesce(func.sum(File.size), 0))) or 0)
    if most - stored < size:
        detail = f"The files of all users take {stored} of the {most} bytes this service may store; tell its operator"
        raise QuotaExceeded(detail, limit=most)
    return most - stored


def limits(user_id: int) -> Limits:
    """What a task of the user may write, the user's room included; raises what `room` does."""
    settings = runtime().settings
    with transaction() as session:
        left = room(session, user_id)
    return Limits(quota=left, output=settings.max_output, reserve=settings.disk_reserve)


@dataclass(frozen=True, slots=True)
class Active:
    """A user's unfinished tasks: `queued` ones, and how many are `handed_over`, on the queue or running."""

    queued: int
    handed_over: int

    def turns(self, most: int) -> int:
        """How many more tasks may go to the queue now, where `most` may be on it or running (see `worker_shares`)."""
        return max(0, most - self.handed_over)


def active(session: Session, user_id: int) -> Active:
    counts = session.execute(
        select(Task.status, func.count(), func.count(Task.queued_at))
        .where(Task.user_id == user_id, Task.status.in_(ACTIVE))
        .group_by(Task.status)
    ).all()
    queued = sum(all_ for status, all_, _ in counts if status == Status.QUEUED)
    handed_over = sum(on_queue if status == Status.QUEUED else all_ for status, all_, on_queue in counts)
    return Active(queued, handed_over)


def one_more(session: Session, user_id: int) -> Active:
    """What is active now; raises QuotaExceeded when no other task may be queued."""
    limit = runtime().settings.max_queued
    found = active(session, user_id)
    if found.queued >= limit:
        raise QuotaExceeded(f"You have {found.queued} queued tasks, the most there may be", limit=limit, retry_after=5)
    return found
