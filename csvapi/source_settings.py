"""Settings of sources: folders elsewhere whose files are cleaned as they come."""

from __future__ import annotations

from dataclasses import dataclass

from csvapi.setting_forms import setting


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """The part of `Settings` that is about sources; times in seconds."""

    source_places: str = setting(
        "",
        "CSVAPI_SOURCE_PLACES",
        "Where sources may read and deliver: `s3://bucket/folder/`, `sftp://host:22/folder/`, `*.` before a host; "
        "commas; empty: no sources",
    )
    max_sources: int = setting(100, "CSVAPI_MAX_SOURCES", "Sources of all users together", read="count")
    source_max_files: int = setting(
        10_000, "CSVAPI_SOURCE_MAX_FILES", "Entries of a folder that one reading looks at", read="count"
    )
    source_transfers: int = setting(
        4, "CSVAPI_SOURCE_TRANSFERS", "Folders and files that a scheduler reads or writes at once", read="count"
    )
    source_timeout: int = setting(
        30, "CSVAPI_SOURCE_TIMEOUT", "Longest wait for a step of a source's server", read="seconds"
    )
