"""Keys, webhooks and what is kept: what an account has besides its files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from playwright.sync_api import expect
from standardwebhooks import Webhook as Verifier

from tests.receiver import Receiver, receiver
from tests.web.browser import ADMIN, PASSWORD, Tab
from tests.web.console import register, upload, violations

__all__ = ["receiver"]


def test_a_webhook_is_made_tested_sent_again_and_deleted(browser: Tab, receiver: Receiver) -> None:
    register(browser)
    page = browser.open("/#/account")
    page.get_by_role("link", name="Webhooks and what they were sent").click()
    page.get_by_label("Address").fill(receiver.url)
    page.get_by_label("failed").uncheck()
    page.get_by_role("button", name="Make a webhook").click()
    secret = page.locator(".secret").inner_text()
    expect(page.get_by_role("row", name=receiver.url)).to_contain_text("done, cancelled")
    page.reload()
    expect(page.get_by_role("link", name=receiver.url)).to_be_visible()
    expect(page.locator(".secret")).to_have_count(0)
    page.get_by_role("link", name=receiver.url).click()
    receiver.status = 500
    page.get_by_role("button", name="Send a test message").click()
    sent = page.get_by_role("row", name="webhook.test")
    expect(sent).to_contain_text("Attempt 1: 500")
    receiver.status = 204
    expect(sent).to_contain_text("delivered")
    sent.get_by_role("button", name="Send webhook.test again").click()
    expect(sent).to_contain_text("Attempt 3: 204")
    for headers, body in receiver.received:
        Verifier(secret).verify(body, headers)
    assert len({headers["webhook-id"] for headers, _ in receiver.received}) == 1
    sent.locator("summary").click()
    assert violations(page) == []
    browser.shot("webhooks")
    page.get_by_role("button", name=f"Delete {receiver.url}").click()
    expect(page.get_by_text("There is no webhook yet.")).to_be_visible()


def test_a_key_is_shown_once_and_ends_when_it_was_said(browser: Tab) -> None:
    register(browser)
    page = browser.open("/#/account")
    page.get_by_label("Name of a new key").fill("nightly")
    page.get_by_label("Ends on").fill((datetime.now(UTC) + timedelta(days=30)).date().isoformat())
    page.get_by_role("button", name="Make a key").click()
    assert page.locator(".secret").inner_text().startswith("csvapi_")
    row = page.get_by_role("row", name="nightly")
    expect(row).to_contain_text("ends in 30 days")
    expect(row).to_contain_text("never used")
    page.reload()
    expect(row).to_be_visible()
    expect(page.locator(".secret")).to_have_count(0)
    expect(page.get_by_role("heading", name="For operators")).to_have_count(0)
    row.get_by_role("button", name="Delete nightly").click()
    expect(row).to_have_count(0)
    browser.shot("account")


def test_what_is_kept_is_counted_down_and_run_again(browser: Tab) -> None:
    page = browser.page
    page.clock.install()
    register(browser)
    upload(page, "people.csv", b"id\n1\n1\n")
    page.get_by_role("link", name="Files").click()
    row = page.get_by_role("row", name="people.csv")
    expect(row).to_contain_text("deleted in 6 days")
    page.clock.fast_forward(timedelta(days=3, minutes=1) // timedelta(milliseconds=1))
    expect(row).to_contain_text("deleted in 3 days")
    row.get_by_role("link", name="people.csv", exact=True).click()
    page.get_by_role("link", name="Clean this file").click()
    page.get_by_role("button", name="+ Add a step").click()
    page.get_by_role("button", name="dedup").click()
    page.get_by_role("button", name="Run on the whole file").click()
    expect(page.get_by_role("heading", name="What became of the records")).to_be_visible()
    page.get_by_role("link", name="Runs").click()
    expect(page.locator(".list tr")).to_contain_text("deleted in")
    page.get_by_role("button", name="Run people.csv again").click()
    expect(page.get_by_role("heading", name="What became of the records")).to_be_visible()
    page.get_by_role("link", name="Runs").click()
    expect(page.locator(".list tr")).to_have_count(2)


def test_operators_find_their_pages(browser: Tab) -> None:
    page = browser.open("/")
    page.get_by_label("E-mail").fill(ADMIN)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Account", exact=True).click()
    pages = page.get_by_role("region", name="For operators").get_by_role("link")
    expect(pages).to_have_count(4)
    addresses = [page.evaluate("(link) => link.href", each.element_handle()) for each in pages.all()]
    assert [page.request.get(each).status for each in addresses] == [200] * 4
