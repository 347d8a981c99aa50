"""How many files a process may have open: connections, stored files and those of the database."""

from __future__ import annotations

import resource

from csvapi.start.folder import CannotStart

WANTED = 8192  # more than one web process ever has; far fewer than what some programs cannot bear
LEAST = 64  # below it the embedded queue does not start
MOST_CONNECTIONS = 1000  # of a web process


def raise_limit() -> int:
    """Raise the limit of this process, which children inherit, up to WANTED if possible; returns it.

    Raises CannotStart if so few files may be open that the programs would fail (getrlimit(2)).
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = WANTED if hard == resource.RLIM_INFINITY else min(hard, WANTED)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        soft = most
    if soft < LEAST:
        raise CannotStart(
            f"Only {soft} files may be open at once (ulimit -n); csvapi needs at least {LEAST}, 1024 to serve many: "
            "raise the limit in this shell (ulimit -n 1024), or where it is set (limits.conf, LimitNOFILE=, --ulimit)"
        )
    return soft


def connections() -> int:
    """How many connections a web process may hold: half of its descriptors, the others are for its requests."""
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return MOST_CONNECTIONS if soft == resource.RLIM_INFINITY else min(soft // 2, MOST_CONNECTIONS)
