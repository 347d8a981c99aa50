"""Guesses are counted before they are tried: in Redis, and without it in the process."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from csvapi.guesses import Full, Guesses, Limit, Slot
from csvapi.queue.enqueue import connect_briefly
from tests.servers import private_valkey

NOBODY = "redis://127.0.0.1:1"  # listens there
PAIR, ACCOUNT = Limit("pair", 5, 300), Limit("account", 7, 3600)


@pytest.fixture(params=["redis", "here"])
def guesses(request: pytest.FixtureRequest) -> Iterator[Guesses]:
    if request.param == "here":
        yield Guesses(connect_briefly(NOBODY))
        return
    with private_valkey() as url, connect_briefly(url) as connection:
        yield Guesses(connection)


def taken(found: Slot | Full) -> Slot:
    assert isinstance(found, Slot)
    return found


def test_no_number_at_once_passes_the_limit(guesses: Guesses) -> None:
    together = Barrier(40)

    def one(_: int) -> Slot | Full:
        together.wait()
        return guesses.take([PAIR, ACCOUNT])

    with ThreadPoolExecutor(40) as pool:
        found = list(pool.map(one, range(40)))
    slots = [each for each in found if isinstance(each, Slot)]
    assert len(slots) == PAIR.most
    assert [each for each in found if isinstance(each, Full)] == [Full(PAIR, 0)] * 35
    for slot in slots:
        guesses.give_back(slot, wrong=True)
    full = guesses.take([PAIR, ACCOUNT])
    assert isinstance(full, Full)
    assert 299 < full.wait <= 300


def test_right_guesses_cost_nothing_and_wrong_ones_stay(guesses: Guesses) -> None:
    for _ in range(20):
        guesses.give_back(taken(guesses.take([PAIR])), wrong=False)
    for _ in range(PAIR.most):
        guesses.give_back(taken(guesses.take([PAIR])), wrong=True)
    assert isinstance(guesses.take([PAIR]), Full)


def test_a_limit_in_the_way_costs_the_others_nothing(guesses: Guesses) -> None:
    for _ in range(PAIR.most):
        guesses.give_back(taken(guesses.take([PAIR, ACCOUNT])), wrong=True)
    for _ in range(20):
        full = guesses.take([ACCOUNT, PAIR])
        assert isinstance(full, Full)
        assert full.limit == PAIR
    for _ in range(ACCOUNT.most - PAIR.most):
        guesses.give_back(taken(guesses.take([ACCOUNT])), wrong=True)
    assert isinstance(guesses.take([ACCOUNT]), Full)


def test_a_window_ends() -> None:
    at = [0.0]
    guesses = Guesses(connect_briefly(NOBODY), clock=lambda: at[0])
    for _ in range(PAIR.most):
        guesses.give_back(taken(guesses.take([PAIR])), wrong=True)
    at[0] = PAIR.window
    assert isinstance(guesses.take([PAIR]), Slot)
