"""Who may register, the proof of an address, a forgotten password: with a real mail server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from csvapi.extensions import transaction
from csvapi.models import Invitation, Mail, MailToken, now
from csvapi.services import invitations, mailing
from tests.mailbox import Mailbox, mailbox
from tests.services.alone import alone, application, environ
from tests.stack import PASSWORD, sign_up

__all__ = ["alone", "environ"]
NEW = "tidal violin quarry"


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as found:
        yield found


def body(**more: Any) -> dict[str, Any]:
    return {"email": f"{uuid4().hex}@example.com", "password": PASSWORD, "confirm_password": PASSWORD, **more}


def change(statement: Any) -> None:
    with transaction() as session:
        session.execute(statement)


def test_a_closed_registration_takes_nobody(environ: dict[str, str]) -> None:
    with application(environ, CSVAPI_REGISTRATION="closed") as app:
        answer = app.test_client().post("/api/register/", json=body())
        assert (answer.status_code, answer.json.keys()) == (403, {"error"})
        assert "closed" in answer.json["error"]


def test_an_invitation_opens_the_registration_once(environ: dict[str, str]) -> None:
    with application(environ, CSVAPI_REGISTRATION="invite") as app:
        client, taken = app.test_client(), body()
        assert client.post("/api/register/", json=taken).status_code == 400
        row, code = invitations.create(None, "for Ada")
        assert code not in str(vars(row))
        assert client.post("/api/register/", json={**taken, "invitation": f" {code} "}).status_code == 201
        for wrong in (code, code[:-1], "x", ""):
            answer = client.post("/api/register/", json=body(invitation=wrong))
            assert (answer.status_code, answer.json["error"].split(":")[0]) == (400, "invitation"), wrong
            again = client.post("/api/register/", json={**taken, "invitation": wrong})
            assert "already exists" not in again.text, "without an invitation nobody learns who has an account"
        old, code = invitations.create(None)
        change(update(Invitation).where(Invitation.id == old.id).values(expires_at=now() - timedelta(seconds=1)))
        assert client.post("/api/register/", json=body(invitation=code)).status_code == 400
        assert invitations.forget_expired() >= 1
        unused, code = invitations.create(None)
        assert client.post("/api/register/", json={**taken, "invitation": code}).status_code == 400
        assert client.post("/api/register/", json=body(invitation=code)).status_code == 201, "a refusal used none up"
        with transaction() as session:
            used = session.get_one(Invitation, unused.id)
            assert (used.used_by is not None, used.used_at is not None) == (True, True)


def test_an_account_logs_in_once_its_address_is_verified(environ: dict[str, str], box: Mailbox) -> None:
    with application(environ, CSVAPI_VERIFY_EMAIL="on", **box.settings) as app:
        client, account = app.test_client(), body()
        assert client.post("/api/register/", json=account).status_code == 201
        assert client.post("/api/login/", json=account).status_code == 403
        assert client.post("/api/login/", json={**account, "password": "x"}).status_code == 401, "not to a stranger"
        drained()
        (mail,) = box.mails
        assert (mail["To"], mail["From"]) == (account["email"], "csvapi@example.com")
        token = box.token()
        page = client.get(f"/account/verify?token={token}")
        assert (page.status_code, page.text.count(token)) == (200, 1)
        assert client.post("/api/login/", json=account).status_code == 403, "a program that opens links changes nothing"
        confirm = "/api/v1/email-verifications/confirm"
        assert client.post(confirm, json={"token": token + "x"}).status_code == 422
        assert client.post(confirm, json={"token": token}).status_code == 204
        assert client.post("/api/login/", json=account).status_code == 200
        assert client.post(confirm, json={"token": token}).status_code == 422, "it is used up"
        assert client.post("/api/v1/email-verifications", json={"email": account["email"]}).status_code == 202
        drained()
        assert len(box.mails) == 1, "there is nothing left to verify"


def drained() -> None:
    """Send all that is due."""
    while mailing.send_due():
        pass


def test_a_forgotten_password_is_set_anew_by_mail(environ: dict[str, str], box: Mailbox) -> None:
    with application(environ, **box.settings) as app:
        client, ann = app.test_client(), sign_up(app.test_client())
        key = {"X-API-Key": ann.post("/api/v1/api-keys", json={"name": "x"}).json["secret"]}
        known = client.post("/api/v1/password-resets", json={"email": ann.email.upper()})
        unknown = client.post("/api/v1/password-resets", json={"email": f"{uuid4().hex}@example.com"})
        assert (known.status_code, known.json) == (unknown.status_code, unknown.json) == (202, unknown.json)
        drained()
        (mail,) = box.mails
        assert mail["To"] == ann.email
        token = box.token()
        with transaction() as session:
            stored = session.scalars(select(MailToken)).all()
            assert token not in str([vars(each) for each in stored])
            assert session.scalars(select(Mail)).all() == []
        confirm = "/api/v1/password-resets/confirm"
        weak = client.post(confirm, json={"token": token, "password": "12345678"})
        assert weak.json["errors"][0]["pointer"] == "/password"
        assert client.post(confirm, json={"token": token, "password": NEW}).status_code == 204
        assert client.post(confirm, json={"token": token, "password": NEW}).status_code == 422, "it is used up"
        assert ann.get("/api/v1/me").status_code == 401
        assert client.get("/api/v1/me", headers=key).status_code == 401
        assert client.post("/api/login/", json={"email": ann.email, "password": PASSWORD}).status_code == 401
        assert client.post("/api/login/", json={"email": ann.email, "password": NEW}).status_code == 200


def test_a_mailed_link_ends_with_its_time_and_with_the_next_one(environ: dict[str, str], box: Mailbox) -> None:
    with application(environ, **box.settings) as app:
        client, ann = app.test_client(), sign_up(app.test_client())

        def asked() -> str:
            assert client.post("/api/v1/password-resets", json={"email": ann.email}).status_code == 202
            drained()
            return box.token()

        first, second = asked(), asked()
        confirm = "/api/v1/password-resets/confirm"
        assert client.post(confirm, json={"token": first, "password": NEW}).status_code == 422
        change(update(MailToken).values(expires_at=now() - timedelta(seconds=1)))
        assert client.post(confirm, json={"token": second, "password": NEW}).status_code == 422
        third = asked()
        page = client.get(f"/account/reset?token={third}").text
        csrf = page.split('name="csrf_token" type="hidden" value="')[1].split('"')[0]
        form = {"csrf_token": csrf, "token": third, "password": NEW}
        assert client.post("/account/reset", data={**form, "csrf_token": "x"}).status_code == 400
        assert 'role="status"' in client.post("/account/reset", data=form).text
        assert client.post("/api/login/", json={"email": ann.email, "password": NEW}).status_code == 200


def test_a_mail_that_the_server_refuses_is_sent_again_and_never_lost_in_silence(
    environ: dict[str, str], box: Mailbox
) -> None:
    with application(environ, **box.settings) as app:
        ann = sign_up(app.test_client())
        change(delete(Mail))
        box.refusal = "451 try later"
        assert app.test_client().post("/api/v1/password-resets", json={"email": ann.email}).status_code == 202
        for _ in mailing.SCHEDULE:
            assert mailing.send_due() == 1
            assert mailing.send_due() == 0, "it waits for its next try"
            change(update(Mail).values(next_at=now()))
        box.refusal = ""
        drained()
        assert len(box.mails) == 1
        box.refusal = "550 no such box"
        app.test_client().post("/api/v1/password-resets", json={"email": ann.email})
        for _ in range(len(mailing.SCHEDULE) + 1):
            change(update(Mail).values(next_at=now()))
            mailing.send_due()
        assert mailing.given_up() == 1
        with transaction() as session:
            assert "550" in str(session.scalars(select(Mail.problem)).one())
        change(delete(Mail))


def test_without_a_mail_server_nothing_is_promised(alone: Flask) -> None:
    for path in ("password-resets", "email-verifications"):
        answer = alone.test_client().post(f"/api/v1/{path}", json={"email": "ada@example.com"})
        assert (answer.status_code, answer.json["code"]) == (403, "mail_off")


def test_an_address_gets_few_mails_an_hour_and_the_answer_does_not_say_so(
    environ: dict[str, str], box: Mailbox
) -> None:
    with application(environ, CSVAPI_RATE_LIMITS="on", **box.settings) as app:
        change(delete(Mail))
        client, asked = app.test_client(), {"email": f"{uuid4().hex}@example.com"}
        answers = [client.post("/api/v1/password-resets", json=asked) for _ in range(8)]
        assert {answer.status_code for answer in answers} == {202}
        with transaction() as session:
            assert len(session.scalars(select(Mail)).all()) == 5
        change(delete(Mail))
        others = [client.post("/api/v1/password-resets", json={"email": f"a{n}@example.com"}) for n in range(20)]
        assert others[-1].status_code == 429
        change(delete(Mail))


def test_the_files_of_all_users_together_have_a_limit(environ: dict[str, str]) -> None:
    with application(environ, CSVAPI_MAX_STORED_TOTAL="0") as app:
        ann = sign_up(app.test_client())
        used = ann.get("/api/v1/me/usage").json["limits"]["stored_bytes_of_all_users"]
        assert used == 0
        ann.upload(b"a\n" * 10)
    with application(environ, CSVAPI_MAX_STORED_TOTAL="60") as app:
        bob, content = sign_up(app.test_client()), b"a\n" * 10
        answers = [
            bob.client.post(
                "/api/v1/files?name=a.csv", data=content, headers={**bob.headers, "Content-Type": "text/csv"}
            )
            for _ in range(8)
        ]
        statuses = [answer.status_code for answer in answers]
        assert statuses[-1] == 429
        assert "of all users" in answers[-1].json["detail"] or "bytes you have left" in answers[-1].json["detail"]
        assert len([status for status in statuses if status == 201]) <= 2
