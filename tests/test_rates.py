"""Buckets of requests: never more than they hold, however many processes and threads take from them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from csvapi.queue.enqueue import connect_briefly
from csvapi.rates import LOT, Policy, Rates
from tests.servers import private_valkey

NOBODY = "redis://127.0.0.1:1"  # listens there
SLOW = Policy(rate=1, burst=200)  # so slow that what a test takes does not come back in it


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with private_valkey() as url:
        yield url


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def allowed(rates: Rates, key: str, times: int) -> int:
    return sum(rates.ask(key).allowed for _ in range(times))


def test_all_processes_and_threads_together_let_through_what_the_bucket_holds(url: str) -> None:
    policy = Policy(rate=2, burst=400)
    processes = [Rates(policy, connect_briefly(url)) for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        passed = sum(pool.map(lambda n: allowed(processes[n % 4], "all", 100), range(8)))
    assert policy.burst <= passed <= policy.burst + 20, "the bucket, and what came back meanwhile"


@pytest.mark.parametrize("server", ["there", "away"])
def test_the_burst_then_the_rate(url: str, server: str) -> None:
    clock = Clock()
    rates = Rates(Policy(rate=100, burst=1000), connect_briefly(url if server == "there" else NOBODY), clock)
    assert 1000 <= allowed(rates, "burst", 1500) < 1400
    if server == "away":  # a server has its own clock
        for _ in range(5):
            clock.now += 1
            assert 90 <= allowed(rates, "burst", 1500) <= 110
        clock.now += 60
        assert allowed(rates, "burst", 1500) == 1000


def test_one_who_asks_too_often_takes_nothing_from_others(url: str) -> None:
    rates = Rates(SLOW, connect_briefly(url))
    allowed(rates, "greedy", 500)
    assert not rates.ask("greedy").allowed
    assert rates.ask("modest").allowed


def test_what_was_not_spent_of_a_lot_is_brought_back(url: str) -> None:
    clock = Clock()
    policy = Policy(rate=100, burst=1000)
    assert policy.lot == LOT
    rates = Rates(policy, connect_briefly(url), clock)
    for _ in range(40):  # forty lots are twice the bucket
        assert rates.ask("seldom").allowed
        clock.now += 2
    assert rates.ask("seldom").left > 900


def test_what_is_left_is_said(url: str) -> None:
    rates = Rates(SLOW, connect_briefly(url))
    assert [rates.ask("counting").left for _ in range(3)] == [199, 198, 197]


def test_memory_is_bounded(url: str) -> None:
    rates = Rates(Policy(rate=100, burst=1000), connect_briefly(NOBODY))
    for n in range(25_000):
        rates.ask(f"address:{n}")
    assert len(rates._lots) <= 10_000
