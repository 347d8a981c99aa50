"""Single sign-on as people do it: in Chromium, from csvapi to a certified provider and back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.provider.certified import Certified
from tests.servers import free_port
from tests.start.running import Running, started
from tests.waiting import until
from tests.web.browser import PASSWORD, Tab, tab
from tests.web.console import register, upload, violations

NAME = "Staff"


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Certified:
    return Certified(tmp_path_factory.mktemp("provider"), f"http://127.0.0.1:{free_port()}")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, provider: Certified) -> Iterator[Running]:
    port, folder = provider.csvapi.rpartition(":")[2], tmp_path_factory.mktemp("signed-on")
    with started(folder, **provider.settings, CSVAPI_PORT=port, CSVAPI_OIDC_ADMIN_GROUPS="csvapi-admins") as running:
        yield running


@pytest.fixture
def browser(chromium: Browser, service: Running, provider: Certified, tmp_path: Path) -> Iterator[Tab]:
    with tab(chromium, service, tmp_path) as found:
        found.elsewhere = provider.url
        yield found


def go(page: Page, name: str) -> None:
    """From the button to the provider, and back as this person."""
    page.get_by_role("link", name=f"Sign in with {NAME}").click()
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Continue").click()


def test_signing_in_and_out_here_and_there(browser: Tab, provider: Certified) -> None:
    with provider.runs():
        page = browser.open("/#/account")
        expect(page.get_by_role("link", name=f"Sign in with {NAME}")).to_be_visible()
        browser.shot("sign-on")
        assert violations(page) == []
        go(page, "ada")
        expect(page.get_by_role("heading", name="ada@staff.example.com")).to_be_visible()
        assert page.url == f"{browser.service.url}/#/account", "where one wanted to go"
        expect(page.get_by_text(f"{NAME} opens this account")).to_be_visible()
        expect(page.get_by_role("heading", name="Password")).to_have_count(0)
        browser.shot("sign-on-account")
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
        browser.shot("sign-on-out")
        assert violations(page) == []
        page.get_by_role("link", name=f"Sign out of {NAME}, too").click()
        page.get_by_role("button", name="Yes, sign out").click()
        expect(page.get_by_role("link", name=f"Sign in with {NAME}")).to_be_visible()
        go(page, "ada")  # which asks for a name again
        expect(page.get_by_role("heading", name="Clean a CSV file")).to_be_visible()


def test_an_account_of_the_same_address_is_opened_once_its_password_was_shown(
    browser: Tab, provider: Certified
) -> None:
    email = register(browser)
    page = browser.page
    upload(page, "mine.csv", b"id,name\n1,Ada\n")
    page.get_by_role("button", name="Sign out").click()
    provider.people["eli"] = {"email": email, "email_verified": True}
    with provider.runs():
        go(page, "eli")
        expect(page.get_by_text(f"There is an account with {email} here already")).to_be_visible()
        browser.shot("sign-on-link")
        assert violations(page) == []
        page.set_viewport_size({"width": 390, "height": 780})
        browser.shot("sign-on-link-narrow")
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Link and sign in").click()
        expect(page.get_by_role("link", name="mine.csv")).to_be_visible()


def test_a_group_opens_the_administrators_pages_until_it_is_lost(
    browser: Tab, provider: Certified, chromium: Browser, tmp_path: Path
) -> None:
    with provider.runs(), tab(chromium, browser.service, tmp_path) as beside:
        beside.elsewhere = provider.url
        page = browser.open("/admin/users/")
        browser.shot("sign-on-admin")
        assert violations(page) == []
        go(page, "bob")
        page.wait_for_url("**/admin/users/")
        expect(page.get_by_text("bob@staff.example.com").first).to_be_visible()
        page.goto(f"{browser.service.url}/admin/identities/")
        expect(page.get_by_role("cell", name="bob@staff.example.com").first).to_be_visible()
        browser.shot("sign-on-identities")
        page.goto(f"{browser.service.url}/")
        expect(page.get_by_role("link", name="Admin")).to_be_visible()
        provider.people["bob"]["groups"] = ["analysts"]
        provider.write()
        beside.open("/")
        go(beside.page, "bob")
        expect(beside.page.get_by_role("heading", name="Clean a CSV file")).to_be_visible()
        expect(beside.page.get_by_role("link", name="Admin")).to_have_count(0)
        page.goto(f"{browser.service.url}/admin/users/")
        expect(page.get_by_role("link", name=f"Sign in with {NAME}")).to_be_visible()


def test_a_provider_that_is_away_is_a_page_and_one_with_another_key_is_no_matter(
    browser: Tab, provider: Certified
) -> None:
    page = browser.open("/")
    with provider.runs():
        go(page, "ada")
        expect(page.get_by_role("heading", name="Clean a CSV file")).to_be_visible()
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    page.goto(f"{browser.service.url}/")
    page.get_by_role("link", name=f"Sign in with {NAME}").click()
    expect(page.get_by_role("alert")).to_contain_text("The provider of the single sign-on does not answer")
    browser.shot("sign-on-away")
    assert violations(page) == []
    expect(page.get_by_role("link", name="Sign in with a password instead")).to_be_visible()
    with provider.runs("EC"):
        again = page.get_by_role("link", name="Begin the sign-in again")
        until(lambda: again.click() or "Name" in page.content(), every=0.5)  # it is left alone for a moment
        page.get_by_label("Name").fill("ada")
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_role("heading", name="Clean a CSV file")).to_be_visible()
    browser.complaints.clear()  # that the page was a 503


def test_where_passwords_are_off_no_page_asks_for_one(
    chromium: Browser, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    port = free_port()
    provider = Certified(tmp_path, f"http://127.0.0.1:{port}")
    off = {**provider.settings, "CSVAPI_PORT": str(port), "CSVAPI_LOCAL_ACCOUNTS": "off"}
    folder = tmp_path_factory.mktemp("passwords-off")
    with provider.runs(), started(folder, **off) as running, tab(chromium, running, tmp_path) as found:
        found.elsewhere = provider.url
        for path in ("/", "/#/register", "/admin/login/"):
            page = found.open(path)
            expect(page.get_by_role("link", name=f"Sign in with {NAME}")).to_be_visible()
            assert page.locator("input").count() == 0, path
        page = found.open("/")
        found.shot("sign-on-only")
        assert violations(page) == []
        page.get_by_role("link", name="Try it with a sample file").click()
        page.get_by_label("Name").fill("cyd")
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_role("heading", name="sample.csv")).to_be_visible()
        page.context.clear_cookies(name="csvapi-session")
        page.get_by_role("link", name="Files", exact=True).click()
        expect(page.get_by_role("heading", name="Your session has ended")).to_be_visible()
        found.shot("sign-on-expired")
        with page.context.expect_page() as other:
            page.get_by_role("dialog").get_by_role("link", name=f"Sign in with {NAME}").click()
        expect(other.value.get_by_role("heading", name="Clean a CSV file")).to_be_visible()
        other.value.close()
        page.get_by_role("button", name="Go on").click()
        expect(page.get_by_role("dialog")).to_be_hidden()
        found.complaints.clear()  # that the session was gone
