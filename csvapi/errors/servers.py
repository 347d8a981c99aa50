"""Servers that this one depends on."""

from __future__ import annotations

from csvapi.errors.error import CsvapiError


class Unavailable(CsvapiError):
    """A server that this one depends on does not answer; the same request may succeed later."""

    code = "unavailable"


class QueueDown(Unavailable):
    """Redis cannot be reached."""

    code = "queue_down"


class StorageDown(Unavailable):
    """The folder or bucket that holds the files cannot be reached, or fails."""

    code = "storage_down"


class ObjectMissing(StorageDown):
    """Stands for damage: a row names an object that is not there."""


class ProviderDown(Unavailable):
    """The provider of the single sign-on cannot be reached, or does not answer as one."""

    code = "provider_down"


class DatabaseDown(Unavailable):
    """The database cannot be reached."""

    code = "database_down"


class PlaceDown(Unavailable):
    """A folder or bucket that a source reads from or delivers to cannot be reached, or refuses."""

    code = "place_down"
