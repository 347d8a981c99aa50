"""Finding and listing what a user keeps."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, contains_eager

from csvapi.errors import NotFound
from csvapi.extensions import transaction
from csvapi.models import Saved, SavedVersion
from csvapi.services import cursors, listing
from csvapi.services.files import MAX_ID
from csvapi.services.listing import Long
from csvapi.services.saved_kinds import Kind


def find(kind: Kind, user_id: int, saved_id: int, number: int | None = None) -> SavedVersion:
    """A version, by default the latest, with what it is of. Raises NotFound, also for somebody else's."""
    with transaction() as session:
        return find_in(session, kind, user_id, saved_id, number)


def find_in(session: Session, kind: Kind, user_id: int, saved_id: int, number: int | None = None) -> SavedVersion:
    """The same within a transaction."""
    saved = owned(session, kind, user_id, saved_id)
    wanted = saved.version if number is None else number
    found = session.scalar(_versions(kind).where(kind.saved.id == saved.id, kind.version.number == min(wanted, MAX_ID)))
    if found is None:
        raise NotFound(f"The {kind.noun} has no version {wanted}; the latest is {saved.version}")
    return found


def owned(session: Session, kind: Kind, user_id: int, saved_id: int) -> Saved:
    """What the user keeps under this id. Raises NotFound, also for somebody else's."""
    mine = select(kind.saved).where(kind.saved.id == saved_id, kind.saved.user_id == user_id)
    found = session.scalar(mine) if saved_id <= MAX_ID else None
    if found is None:
        raise NotFound(f"There is no such {kind.noun}, or it is not yours")
    return found


def newest(
    kind: Kind, user_id: int, cursor: str | None = None, name: str | None = None
) -> Iterator[SavedVersion | None]:
    """The latest version of each from a cursor on, the newest first, as `listing.read` yields them.

    With `name` only those whose name has this in it, regardless of case; long content is None.
    """
    query = _versions(kind).where(kind.saved.user_id == user_id, kind.version.number == kind.saved.version)
    if cursor:
        query = query.where(kind.saved.id < cursors.read(f"{kind.noun}s", cursor)[0])
    found = listing.read(
        query.order_by(kind.saved.id.desc()),
        lambda row: kind.saved.id < row.saved_id,
        [Long(kind.version.content, left_out=True)],
    )
    part = (name or "").casefold()
    return (each for each in found if each is None or part in each.saved.name.casefold())


def cursor_of(kind: Kind, version: SavedVersion) -> str:
    """The cursor of what comes after this one in the list of all."""
    return cursors.write(f"{kind.noun}s", [version.saved_id])


def versions(kind: Kind, user_id: int, saved_id: int, cursor: str | None = None) -> Iterator[SavedVersion | None]:
    """The versions from a cursor on, the newest first, as `listing.read` yields them. Raises NotFound."""
    with transaction() as session:
        owned(session, kind, user_id, saved_id)
    query = _versions(kind).where(kind.version.saved_id == saved_id)
    if cursor:
        query = query.where(kind.version.number < cursors.read(f"versions of a {kind.noun}", cursor)[0])
    return listing.read(
        query.order_by(kind.version.number.desc()),
        lambda row: kind.version.number < row.number,
        [Long(kind.version.content, left_out=True)],
    )


def version_cursor_of(kind: Kind, version: SavedVersion) -> str:
    """The cursor of the versions after this one."""
    return cursors.write(f"versions of a {kind.noun}", [version.number])


def _versions(kind: Kind) -> Select[SavedVersion]:
    """Versions, each with what it is of."""
    joined = select(kind.version).join(kind.saved, kind.saved.id == kind.version.saved_id)
    return joined.options(contains_eager(kind.version.saved))
