"""Swagger UI and Redoc, in a browser."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from tests.web.browser import Tab


def execute(browser: Tab, path: str) -> Locator:
    """The status that an endpoint answers with; opening it changes the URL's fragment, which is not waited for."""
    page = browser.open("/swagger/")
    endpoint = page.locator(".opblock", has=page.locator(f"[data-path='{path}']"))
    endpoint.locator(".opblock-summary-control").click(no_wait_after=True)
    endpoint.locator("button:has-text('Execute')").click()
    return endpoint.locator(".live-responses-table .response-col_status").last


def test_swagger_ui_tries_an_endpoint_out(browser: Tab) -> None:
    expect(execute(browser, "/readyz")).to_have_text("200")
    browser.shot("swagger")


def test_swagger_ui_registers_an_account(browser: Tab) -> None:
    expect(execute(browser, "/api/register/")).to_have_text("201")


def test_redoc_shows_the_endpoints(browser: Tab) -> None:
    page = browser.open("/redoc/")
    expect(page.locator("text=/api/upload-csv/").first).to_be_visible()
    browser.shot("redoc")
