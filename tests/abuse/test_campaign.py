"""The short version of `make abuse`: every kind of hostile request; times are not judged here."""

from __future__ import annotations

from tests.abuse.campaign import run


def test_a_hostile_user_finds_no_5xx_and_outgrows_no_limit() -> None:
    report = run(alone=1, beside=8, seed=2, threads=4, count=40)
    print(report.table())
    assert report.problems == [], report.log
    assert {action for action, _ in report.answers} >= {"task", "preview", "list", "rows", "upload", "webhook"}
