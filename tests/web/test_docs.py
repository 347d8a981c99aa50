"""Swagger UI and Redoc, in a browser."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.web.browser import Tab


def test_swagger_ui_tries_an_endpoint_out(browser: Tab) -> None:
    page = browser.open("/swagger/")
    endpoint = page.locator(".opblock", has=page.locator("[data-path='/readyz']"))
    endpoint.locator(".opblock-summary-control").click()
    endpoint.locator("button:has-text('Execute')").click()
    expect(endpoint.locator(".live-responses-table .response-col_status").last).to_have_text("200")
    browser.shot("swagger")


def test_swagger_ui_registers_an_account(browser: Tab) -> None:
    page = browser.open("/swagger/")
    endpoint = page.locator(".opblock", has=page.locator("[data-path='/api/register/']"))
    endpoint.locator(".opblock-summary-control").click()
    endpoint.locator("button:has-text('Execute')").click()
    expect(endpoint.locator(".live-responses-table .response-col_status").last).to_have_text("201")


def test_redoc_shows_the_endpoints(browser: Tab) -> None:
    page = browser.open("/redoc/")
    expect(page.locator("text=/api/upload-csv/").first).to_be_visible()
    browser.shot("redoc")
