"""Single sign-on at a certified provider: who gets in, to which account, with which rights."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pyotp
import pytest
from flask import Flask
from sqlalchemy import select, update

from csvapi.extensions import transaction
from csvapi.models import AuditEntry, Identity, RefreshFamily, User, now
from csvapi.services import api_keys, invitations, second_factor
from csvapi.services.account_deletion import FRESH
from csvapi.services.single_sign_on import entry_links, identities
from tests.provider.certified import SECRET, Certified
from tests.services.alone import application, environ
from tests.stack import PASSWORD, sign_up
from tests.web.pages import Boss, csrf
from tests.web.sign_on import FINISH, START, Browser, problem

__all__ = ["environ"]
pytestmark = pytest.mark.parametrize("environ", ["mariadb"], indirect=True, scope="module")  # SQLite: with a browser
ADMINS = {"CSVAPI_OIDC_ADMIN_GROUPS": "operators, csvapi-admins"}


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Certified]:
    found = Certified(tmp_path_factory.mktemp("provider"), "http://localhost")
    with found.runs():
        yield found


@pytest.fixture(scope="module")
def app(environ: dict[str, str], provider: Certified) -> Iterator[Flask]:
    with application(environ, **provider.settings, **ADMINS) as app:
        yield app


@pytest.fixture
def person(provider: Certified) -> str:
    """Somebody new, with an address that the provider has verified."""
    return somebody(provider, email_verified=True)


def somebody(provider: Certified, **claims: Any) -> str:
    name = f"p{uuid4().hex[:10]}"
    provider.people[name] = {"email": f"{name}@staff.example.com", "groups": ["analysts"], **claims}
    provider.write()
    return name


def address(provider: Certified, person: str) -> str:
    return str(provider.people[person]["email"])


def logged(user_id: int) -> list[str]:
    with transaction() as session:
        return list(session.scalars(select(AuditEntry.action).where(AuditEntry.user_id == user_id)))


def identity_of(provider: Certified, person: str) -> Identity:
    with transaction() as session:
        return session.scalars(select(Identity).where(Identity.digest == identities.digest(provider.url, person))).one()


def test_the_first_sign_in_makes_an_account_and_the_second_finds_it(
    app: Flask, provider: Certified, person: str
) -> None:
    browser = Browser(app, provider)
    answer = browser.sign_in(person, "?next=/%23/files")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/#/files"), answer.text
    session = browser.session
    assert (session["email"], session["has_password"]) == (address(provider, person), False)
    assert (session["single_sign_on"], session["is_admin"]) == (True, False)
    again = Browser(app, provider)
    again.sign_in(person)
    assert again.session["user_id"] == session["user_id"]
    assert logged(session["user_id"]) == ["registered", "identity_linked", "login", "login"]
    assert identity_of(provider, person).user_id == session["user_id"]
    for client in (browser.client, again.client):
        assert not [cookie for cookie in ("csvapi-sign-on", "csvapi-sign-on-person") if client.get_cookie(cookie)]


def test_groups_give_and_take_the_rights_of_an_administrator(app: Flask, provider: Certified, person: str) -> None:
    browser = Browser(app, provider)
    assert browser.sign_in(person, "?next=/admin/users/").headers["Location"] == "/admin/login/?refused"
    assert "not an administrator" in browser.client.get("/admin/login/?refused").text
    assert not browser.opens_admin
    provider.people[person]["groups"] = ["analysts", "csvapi-admins"]
    provider.write()
    browser.sign_in(person)
    assert browser.session["is_admin"], "one sign-in opens both"
    assert browser.opens_admin
    provider.people[person]["groups"] = []
    provider.write()
    elsewhere = Browser(app, provider)
    elsewhere.sign_in(person)
    assert not elsewhere.session["is_admin"]
    assert not browser.opens_admin, "the session that had the rights has ended"
    assert browser.session["email"] is None
    target = f"user:{elsewhere.session['user_id']}"
    with transaction() as session:
        details = session.scalars(select(AuditEntry.detail).where(AuditEntry.target == target)).all()
    assert [(each["is_admin"], each["by"]) for each in details if each] == [
        (True, "single sign-on"),
        (False, "single sign-on"),
    ]


def test_without_such_groups_csvapi_decides_who_administers(
    environ: dict[str, str], provider: Certified, person: str
) -> None:
    with application(environ, **provider.settings) as app:
        browser = Browser(app, provider)
        browser.sign_in(person)
        with transaction() as session:
            session.execute(update(User).where(User.id == browser.session["user_id"]).values(is_admin=True))
        browser.sign_in(person)
        assert browser.opens_admin


def test_an_account_with_the_same_address_is_linked_by_its_password_alone(
    app: Flask, provider: Certified, person: str
) -> None:
    local = sign_up(app.test_client(), address(provider, person))
    browser = Browser(app, provider)
    answer = browser.sign_in(person, "?next=/%23/tasks")
    assert answer.headers["Location"] == FINISH
    assert browser.session["email"] is None, "the address proves nothing"
    page = browser.client.get(FINISH).text
    assert f"There is an account with {local.email} here already" in page
    refused = browser.post("/account/sso/link", email=local.email, password="wrong password")
    assert (refused.status_code, problem(refused)) == (401, "Invalid email or password")
    assert identity_of(provider, person).user_id is None
    linked = browser.post("/account/sso/link", email=local.email, password=PASSWORD)
    assert linked.headers["Location"] == "/#/tasks"
    assert browser.session["user_id"] == local.id
    again = Browser(app, provider)
    again.sign_in(person)
    assert again.session["user_id"] == local.id
    assert again.session["has_password"] is True
    assert logged(local.id)[-4:] == ["login_failed", "identity_linked", "login", "login"]


def test_a_link_asks_for_the_second_factor_and_so_does_each_sign_in(
    app: Flask, provider: Certified, person: str
) -> None:
    local = sign_up(app.test_client(), address(provider, person))
    totp = pyotp.TOTP(second_factor.begin(local.id).secret)
    codes = second_factor.confirm(local.id, totp.now())
    browser = Browser(app, provider)
    browser.sign_in(person)
    body = {"email": local.email, "password": PASSWORD}
    assert "code" in problem(browser.post("/account/sso/link", **body))
    assert browser.session["email"] is None
    assert browser.post("/account/sso/link", **body, code=codes[0]).headers["Location"] == "/"
    again = Browser(app, provider)
    assert again.sign_in(person).headers["Location"] == FINISH
    assert again.session["email"] is None
    assert again.post("/account/sso/confirm", code="000000").status_code == 401
    again.post("/account/sso/confirm", code=codes[1])
    assert again.session["user_id"] == local.id


def test_an_address_that_the_provider_has_not_verified_is_none(app: Flask, provider: Certified) -> None:
    mail = f"v{uuid4().hex[:8]}@example.com"
    victim = sign_up(app.test_client(), mail)
    names = []
    for _ in range(2):
        browser = Browser(app, provider)
        browser.sign_in(somebody(provider, email=mail, email_verified=False))
        assert browser.session["user_id"] not in (None, victim.id)
        names.append(browser.session["email"])
    assert names == [mail.partition("@")[0], f"{mail.partition('@')[0]}-2"]


def test_an_account_that_was_deactivated_stays_so(app: Flask, provider: Certified, person: str) -> None:
    browser = Browser(app, provider)
    browser.sign_in(person)
    user_id = browser.session["user_id"]
    with transaction() as session:
        session.execute(update(User).where(User.id == user_id).values(is_active=False))
    answer = browser.sign_in(person)
    assert (answer.status_code, problem(answer)) == (403, "This account has been deactivated; ask an administrator")
    assert browser.session["email"] is None
    assert logged(user_id)[-1] == "login_failed"


def test_an_administrator_links_who_waits_and_unlinks_again(
    environ: dict[str, str], provider: Certified, person: str
) -> None:
    with application(environ, **provider.settings, CSVAPI_REGISTRATION="closed") as app:
        browser = Browser(app, provider)
        assert browser.sign_in(person).headers["Location"] == FINISH
        assert "ask an administrator" in browser.client.get(FINISH).text
        assert browser.post("/account/sso/create").status_code == 403
        boss, local = Boss(app), sign_up(app.test_client())
        boss.sign_in()
        waiting = identity_of(provider, person)
        assert waiting.expires_at is not None
        assert address(provider, person) in boss.client.get("/admin/identities/").text
        edit = f"/admin/identities/edit/?id={waiting.id}"
        assert "There is no account" in boss.post(edit, edit, account="nobody@example.com").text
        boss.post(edit, edit, account=local.email)
        browser.sign_in(person)
        assert browser.session["user_id"] == local.id
        assert "opens an account already" in boss.post(edit, edit, account=boss.email).text
        body = {"action": "unlink", "rowid": str(waiting.id)}
        assert "1 unlinked" in boss.post("/admin/identities/action/", "/admin/identities/", **body).text
        assert browser.session["email"] is None
        assert browser.sign_in(person).headers["Location"] == FINISH
        assert [each for each in logged(boss.id) if "identity" in each] == [
            "admin_identity_linked",
            "admin_identity_unlinked",
        ]


def test_an_invitation_is_asked_for_where_registration_asks_for_one(
    environ: dict[str, str], provider: Certified, person: str
) -> None:
    with application(environ, **provider.settings, CSVAPI_REGISTRATION="invite") as app:
        browser = Browser(app, provider)
        assert browser.sign_in(person).headers["Location"] == FINISH
        assert "not known" in problem(browser.post("/account/sso/create", invitation="invite_guessed"))
        _, code = invitations.create(None)
        assert browser.post("/account/sso/create", invitation=code).status_code == 302
        assert browser.session["email"] == address(provider, person)


def test_somebody_who_wants_to_link_is_asked_before_an_account_is_made(
    app: Flask, provider: Certified, person: str
) -> None:
    local = sign_up(app.test_client())
    browser = Browser(app, provider)
    assert browser.sign_in(person, "?link=1").headers["Location"] == FINISH
    browser.post("/account/sso/link", email=local.email, password=PASSWORD)
    assert browser.session["user_id"] == local.id


def test_where_local_accounts_are_off_the_provider_and_keys_let_in(
    environ: dict[str, str], provider: Certified, person: str
) -> None:
    with application(environ, **provider.settings, **ADMINS, CSVAPI_LOCAL_ACCOUNTS="off") as app:
        local, client = sign_up(app.test_client()), app.test_client()
        credentials = {"email": local.email, "password": PASSWORD}
        for path, body in (
            ("/api/register/", {**credentials, "confirm_password": PASSWORD}),
            ("/api/login/", credentials),
            ("/api/v1/session", credentials),
            ("/api/v1/password-resets", {"email": local.email}),
            ("/api/v1/password-resets/confirm", {"token": "x", "password": PASSWORD}),
        ):
            answer = client.post(path, json=body)
            assert answer.status_code == 403, path
            assert "sign in with Staff" in answer.text, path
        page = client.get("/admin/login/").text
        assert "Sign in with Staff" in page
        assert "password" not in page
        _, key = api_keys.create(local.id, "nightly", ["read"])
        assert client.get("/api/v1/me", headers={"X-API-Key": key}).status_code == 200
        browser = Browser(app, provider)
        browser.sign_in(person)
        assert browser.session["email"] == address(provider, person)
        stranger = Browser(app, provider)
        stranger.sign_in(somebody(provider), "?link=1")
        refused = stranger.post("/account/sso/link", **credentials)
        assert refused.status_code == 403, "a password proves whose an account is, if the address says so, too"


def test_the_operator_gets_in_by_a_link_while_the_provider_is_away(environ: dict[str, str]) -> None:
    gone = {"CSVAPI_OIDC_ISSUER": "http://localhost:1", "CSVAPI_OIDC_CLIENT_ID": "csvapi"}
    with application(environ, **gone, CSVAPI_LOCAL_ACCOUNTS="off") as app:
        boss, client = Boss(app), app.test_client()
        away = client.get(START)
        assert away.status_code == 503
        assert "csvapi admin ADDRESS --link" in away.text
        path = entry_links.make(boss.email)
        page = client.get(path).text
        token = re.findall(r'name="token" type="hidden" value="([^"]+)"', page)[0]
        body = {"csrf_token": csrf(page), "token": token}
        assert client.get("/admin/").status_code == 302, "opening a link changes nothing"
        assert client.post("/account/entry/", data=body).headers["Location"] == "/admin/"
        assert client.get("/admin/").status_code == 200
        other = app.test_client()
        body["csrf_token"] = csrf(other.get(path).text)
        assert other.post("/account/entry/", data=body).status_code == 401, "once"
        assert logged(boss.id)[-1] == "login"


def test_leaving_takes_a_fresh_sign_in_where_there_is_no_password_and_the_link_goes_along(
    app: Flask, provider: Certified, person: str
) -> None:
    browser = Browser(app, provider)
    browser.sign_in(person)
    with transaction() as session:
        session.execute(
            update(RefreshFamily)
            .where(RefreshFamily.user_id == browser.session["user_id"])
            .values(created_at=now() - 2 * FRESH)
        )
    headers = {"X-CSRF-Token": browser.session["csrf_token"]}
    refused = browser.client.post("/api/v1/me/delete", json={}, headers=headers)
    assert refused.status_code == 422
    assert "sign in again" in refused.text
    browser.sign_in(person)
    headers = {"X-CSRF-Token": browser.session["csrf_token"]}
    assert browser.client.post("/api/v1/me/delete", json={}, headers=headers).status_code == 204
    with transaction() as session:
        mine = select(Identity).where(Identity.digest == identities.digest(provider.url, person))
        assert session.scalars(mine).all() == []


def test_a_key_of_the_provider_that_was_changed_is_learnt_without_a_restart(
    environ: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    provider = Certified(tmp_path_factory.mktemp("rotated"), "http://localhost")
    with application(environ, **provider.settings) as app:
        browser = Browser(app, provider)
        with provider.runs("RSA"):
            browser.sign_in("ada")
            assert browser.session["email"]
        browser.client = app.test_client()
        with provider.runs("EC"):
            browser.sign_in("ada")
            assert browser.session["email"]


def test_a_code_lets_in_once_and_only_the_browser_that_asked_for_it(
    app: Flask, provider: Certified, person: str
) -> None:
    browser, thief = Browser(app, provider), Browser(app, provider)
    back = provider.follow(browser.begin(), person)
    stolen = thief.come_back(back)
    assert (stolen.status_code, thief.session["email"]) == (401, None), "it has begun no sign-in"
    thief.begin()
    assert "another sign-in" in problem(thief.come_back(back))
    kept = browser.client.get_cookie("csvapi-sign-on")
    assert kept is not None
    assert browser.come_back(back).status_code == 302
    thief.client.set_cookie("csvapi-sign-on", kept.value)
    replayed = thief.come_back(back)
    assert replayed.status_code == 401
    assert "does not accept the code" in problem(replayed)
    assert thief.session["email"] is None


def test_a_nonce_that_was_changed_on_the_way_is_noticed(app: Flask, provider: Certified, person: str) -> None:
    answer = Browser(app, provider).sign_in(person, nonce="another")
    assert (answer.status_code, "InvalidClaim" in problem(answer)) == (401, True)


def test_who_is_refused_at_the_provider_reads_so(app: Flask, provider: Certified) -> None:
    answer = Browser(app, provider).sign_in("")
    assert (answer.status_code, "access_denied" in problem(answer)) == (401, True)


def test_signing_out_ends_the_session_and_offers_the_provider_s(app: Flask, provider: Certified, person: str) -> None:
    provider.people[person]["groups"] = ["csvapi-admins"]
    provider.write()
    browser = Browser(app, provider)
    browser.sign_in(person, "?next=/admin/")
    token = csrf(browser.client.get("/admin/second-factor/").text)
    answer = browser.client.post("/admin/logout/", data={"csrf_token": token})
    assert answer.headers["Location"] == "/account/sso/signed-out"
    assert browser.session["email"] is None
    assert not browser.opens_admin
    page = browser.client.get("/account/sso/signed-out", headers={"Accept-Language": "de"}).text
    assert "Auch von Staff abmelden" in page
    assert f"{provider.url}/session/end?client_id=csvapi&amp;post_logout_redirect_uri=http%3A%2F%2Flocalhost%2F" in page


def test_nothing_of_a_sign_in_is_logged(
    app: Flask, provider: Certified, person: str, capfd: pytest.CaptureFixture[str]
) -> None:
    browser = Browser(app, provider)
    back = provider.follow(browser.begin(), person)
    browser.come_back(back)
    said = "".join(capfd.readouterr())
    assert "/account/sso/callback" in said
    code = back.partition("code=")[2].partition("&")[0]
    assert [secret for secret in (code, SECRET, person, browser.session["csrf_token"]) if secret in said] == []
