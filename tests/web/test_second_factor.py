"""The second factor of administrators: set up, asked for, required, lost."""

from __future__ import annotations

import re
import time

import pyotp
import pytest
from flask import Flask
from sqlalchemy import select, update

from csvapi.extensions import runtime, transaction
from csvapi.models import RecoveryCode, User
from csvapi.services import administration
from csvapi.web.standalone import serve_only
from tests.services.alone import alone, application, environ
from tests.web.pages import PASSWORD, Boss

__all__ = ["alone", "environ"]
PAGE = "/admin/second-factor/"


@pytest.fixture
def boss(alone: Flask) -> Boss:
    found = Boss(alone)
    assert found.sign_in().status_code == 302
    return found


def forget_last_step(boss: Boss) -> None:
    """What half a minute does: the next code is a new one."""
    with transaction() as session:
        session.execute(update(User).where(User.id == boss.id).values(totp_step=int(time.time()) // 30 - 2))


def enrolled(boss: Boss) -> tuple[pyotp.TOTP, list[str]]:
    page = boss.post(f"{PAGE}begin/", PAGE)
    secret = re.findall(r'<code id="secret">(\w+)</code>', page.text)[0]
    assert f"secret={secret}" in page.text
    assert "<svg" in page.text
    totp = pyotp.TOTP(secret)
    with transaction() as session:
        user = session.get_one(User, boss.id)
        assert secret not in str(user.totp_secret), "it is encrypted"
        assert user.totp_since is None, "it counts once a code was seen"
    page = boss.post(f"{PAGE}confirm/", PAGE, code=totp.now())
    codes = re.findall(r"<li><code>([a-z2-7-]+)</code></li>", page.text)
    assert {len(code.replace("-", "")) for code in codes} == {26}, "128 bits in base32"
    assert len(set(codes)) == 10
    return totp, codes


def test_a_sign_in_needs_a_fresh_code_once_it_is_on(boss: Boss) -> None:
    totp, _ = enrolled(boss)
    boss.sign_out()
    assert boss.client.get("/admin/").status_code == 302
    assert boss.sign_in().status_code == 401
    assert boss.sign_in("000000").status_code == 401
    assert boss.sign_in(totp.now(), password="wrong").status_code == 401
    with transaction() as session:
        step = session.get_one(User, boss.id).totp_step
    assert step is not None
    assert boss.sign_in(totp.at(step * 30)).status_code == 401, "the code that turned it on was used"
    forget_last_step(boss)
    code = totp.now()
    assert boss.sign_in(code).status_code == 302
    assert boss.client.get("/admin/").status_code == 200
    boss.sign_out()
    assert boss.sign_in(code).status_code == 401, "a code lets in once"
    assert boss.sign_in(totp.at(int(time.time()) - 90)).status_code == 401, "nor does one that is too old"


def test_a_wrong_code_turns_nothing_on_or_off(boss: Boss) -> None:
    boss.post(f"{PAGE}begin/", PAGE)
    assert "not right" in boss.post(f"{PAGE}confirm/", PAGE, code="000000").text
    totp, _ = enrolled(boss)
    assert "not right" in boss.post(f"{PAGE}off/", PAGE, code="000000").text
    assert "already" in boss.post(f"{PAGE}begin/", "/admin/users/").text
    forget_last_step(boss)
    assert "is off" in boss.post(f"{PAGE}off/", PAGE, code=totp.now()).text
    boss.sign_out()
    assert boss.sign_in().status_code == 302


def test_a_recovery_code_lets_in_once(boss: Boss) -> None:
    _, codes = enrolled(boss)
    with transaction() as session:
        stored = session.scalars(select(RecoveryCode).where(RecoveryCode.user_id == boss.id)).all()
        assert not [code for code in codes if code in str([vars(row) for row in stored])]
    boss.sign_out()
    assert boss.sign_in(codes[0].upper()).status_code == 302
    boss.sign_out()
    assert boss.sign_in(codes[0]).status_code == 401
    assert boss.sign_in(codes[1]).status_code == 302


def test_one_that_is_lost_is_taken_away_by_another_administrator_or_on_the_command_line(
    boss: Boss, alone: Flask
) -> None:
    enrolled(boss)
    other = Boss(alone)
    other.sign_in()
    body = {"action": "second_factor", "rowid": str(boss.id)}
    assert "without a second factor" in other.post("/admin/users/action/", "/admin/users/", **body).text
    boss.sign_out()
    assert boss.sign_in().status_code == 302
    enrolled(boss)
    administration.make_admin(boss.email, PASSWORD, remove_factor=True)
    assert boss.sign_in().status_code == 302


def test_where_it_is_required_no_other_page_opens_without_it(environ: dict[str, str]) -> None:
    with application(environ, CSVAPI_ADMIN_TOTP="required") as app:
        boss = Boss(app)
        boss.sign_in()
        for path in ("/admin/", "/admin/users/", "/admin/audit/", "/admin/audit/export/csv", "/rq/"):
            answer = boss.client.get(path)
            assert (answer.status_code, answer.headers["Location"]) == (302, PAGE), path
        enrolled(boss)
        for path in ("/admin/", "/admin/users/", "/rq/"):
            assert boss.client.get(path).status_code == 200, path


def test_the_queue_s_pages_alone_offer_the_set_up_where_it_is_required(environ: dict[str, str]) -> None:
    with application(environ, CSVAPI_ADMIN_TOTP="required") as app:
        serve_only(app, "rq")
        boss = Boss(app)
        assert boss.sign_in().status_code == 302
        assert boss.client.get("/rq/").headers["Location"] == PAGE
        enrolled(boss)
        assert boss.client.get("/rq/").status_code == 200
        assert boss.client.get("/admin/users/").status_code == 404


def test_guessing_codes_is_slowed_down(environ: dict[str, str]) -> None:
    with application(environ, CSVAPI_RATE_LIMITS="on") as app:
        runtime().redis.flushdb()
        boss = Boss(app)
        boss.sign_in()
        enrolled(boss)
        boss.sign_out()
        assert [boss.sign_in("000000").status_code for _ in range(7)][-1] == 429
        runtime().redis.flushdb()
