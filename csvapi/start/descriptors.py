"""How many files a process may have open at once: connections, stored files and the database's are among them."""

from __future__ import annotations

import resource

from csvapi.start.folder import CannotStart

WANTED = 8192  # more than one web process ever has; far fewer than what some programs cannot bear
LEAST = 64  # below it the embedded queue does not start
MOST_CONNECTIONS = 1000  # of a web process


def raise_limit() -> int:
    """Raise this process's limit as far as it may, up to WANTED, and give it; children inherit it.

    Raises CannotStart when so few files may be open that the programs would fail one by one (getrlimit(2)).
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
    """How many connections a web process may hold: half of the files it may open, the others are for its requests."""
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return MOST_CONNECTIONS if soft == resource.RLIM_INFINITY else min(soft // 2, MOST_CONNECTIONS)
