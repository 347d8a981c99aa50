"""The general rate limit: a request counts for its user, or for its address if nobody is authenticated.

Not counted: probes of the operator's machines, and polls of the user's own unfinished tasks.
"""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Callable
from typing import Any

from flask import Response, current_app, g, request

from csvapi.errors import TooManyRequests
from csvapi.extensions import runtime
from csvapi.models import ACTIVE, Task

View = Callable[..., Any]
PROBES = {"health", "metrics"}  # blueprints for machines, who call them often, and by addresses that nobody chose
NAME = "requests"  # of the policy, in the headers
RETRY_AFTER = 1  # seconds
_NETWORK = 64  # bits of an IPv6 address: what one customer is given at least


def before_request() -> None:
    """Count the request for its address, unless its view identifies the user and counts it itself."""
    view = current_app.view_functions.get(request.endpoint or "")
    if not getattr(view, "signed_in", False):
        of_address()


def of_address() -> None:
    """Count the request for the client's address."""
    _count(f"address:{_network(request.remote_addr or '')}")


def of_user(user_id: int) -> None:
    """Count the request for the user."""
    _count(f"user:{user_id}")


def _network(address: str) -> str:
    if ":" not in address:
        return address
    try:
        return str(ipaddress.ip_network((address.split("%")[0], _NETWORK), strict=False))
    except ValueError:
        return address


def _count(key: str) -> None:
    rates = runtime().rates
    if rates is None:
        return
    g.standing = rates.ask(key)
    if not g.standing.allowed:
        raise TooManyRequests(
            f"Too many requests: at most {rates.policy.rate} a second, after {rates.policy.burst} at once",
            retry_after=RETRY_AFTER,
            limit=rates.policy.burst,
        )


def polls(view: View) -> View:
    """Mark a view that costs nothing if its answer is an unfinished task of the user's (see `unfinished`)."""
    view.polls = True  # type: ignore[attr-defined]  # read by `counted`
    return view


def counted(view: View) -> View:
    """The view, counted for `g.user`: before it runs or, if it polls, once the task is known, or at its end."""
    if not getattr(view, "polls", False):

        def first(*args: Any, **kwargs: Any) -> Any:
            of_user(g.user.id)
            return view(*args, **kwargs)

        return first

    def afterwards(*args: Any, **kwargs: Any) -> Any:
        try:
            return view(*args, **kwargs)
        finally:
            if not g.get("poll_decided"):
                of_user(g.user.id)

    return afterwards


def unfinished(task: Task) -> None:
    """Report the task of a poll: an unfinished one costs nothing, another one is counted before it is shown."""
    g.poll_decided = True
    if task.status not in ACTIVE:
        of_user(g.user.id)


def describe(response: Response) -> None:
    """The rate limit headers of draft-ietf-httpapi-ratelimit-headers; those of a quota take precedence."""
    rates, standing = runtime().rates, g.get("standing")
    if rates is None or standing is None or (standing.allowed and "RateLimit" in response.headers):
        return
    policy = rates.policy
    full = math.ceil((policy.burst - standing.left) / policy.rate) if standing.allowed else RETRY_AFTER
    response.headers["RateLimit-Policy"] = f'"{NAME}";q={policy.burst};w={policy.window}'
    response.headers["RateLimit"] = f'"{NAME}";r={standing.left};t={full}'
