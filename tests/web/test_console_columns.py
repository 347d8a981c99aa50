"""What columns hold, as bars that become steps, and previews from any record on."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.web.browser import Tab
from tests.web.console import cells, register, upload, violations

PEOPLE = "id,price,day,town\n" + "".join(
    f"{n:04},{n * n / 100:.2f},20{n % 20 + 10}-03-0{n % 9 + 1},{'Oslo' if n % 3 else ''}\n" for n in range(1, 401)
)


def columns(page: Page) -> None:
    page.get_by_role("link", name="Clean this file").click()
    page.locator(".preview").get_by_role("button", name="Columns").click()
    expect(page.get_by_role("region", name="price").locator(".histogram button").first).to_be_visible()


def test_a_bar_of_a_column_becomes_a_step(browser: Tab) -> None:
    register(browser)
    page = browser.page
    upload(page, "people.csv", (PEOPLE + "0401,about 9,,Rome\n").encode())
    columns(page)
    price = page.get_by_role("region", name="price")
    expect(price).to_contain_text("1 misfits about 9")
    expect(price.locator(".histogram button")).to_have_count(7)
    expect(price.locator(".quantiles")).to_contain_text("median400")
    price.get_by_role("button", name="Keep those from 250 to below 500: 65").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".cards .card")).to_contain_text("1. Filter")
    page.get_by_role("region", name="day").get_by_role("button", name="Keep those from 2010-01-01 to").click()
    expect(page.locator(".cards .card")).to_have_count(2)
    page.emulate_media(color_scheme="dark")
    browser.shot("columns-dark")
    assert violations(page) == []
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    browser.shot("columns-narrow")
    page.locator(".preview").get_by_role("button", name="Result").click()
    found = [n for n in range(1, 201) if 250 <= n * n / 100 < 500 and n % 20 < 5]
    expect(page.locator(".grid tbody tr")).to_have_count(len(found))
    assert cells(page, 1) == [f"{n:04}" for n in found]


def test_a_preview_begins_at_any_record(browser: Tab) -> None:
    register(browser)
    page = browser.page
    upload(page, "people.csv", (PEOPLE + "0399,0,,\n").encode())
    page.get_by_role("link", name="Clean this file").click()
    page.get_by_role("button", name="+ Add a step").click()
    page.get_by_role("button", name="dedup").click()
    page.get_by_role("button", name="+ Add to Columns").click()
    page.get_by_label("Columns 1", exact=True).select_option("id")
    expect(page.get_by_text("of the first 200 records")).to_be_visible()
    page.get_by_label("From record").fill("396")
    page.get_by_role("button", name="Go", exact=True).click()
    expect(page.get_by_text("of the records 396 to 401")).to_be_visible()
    gone = page.locator("tr.dropped")
    expect(gone).to_have_count(1)
    expect(gone.locator(".place").first).to_have_text("401")
    gone.get_by_role("button", name="record 399").click()
    expect(page.locator("tr.found .place").first).to_have_text("399")
    page.reload()
    expect(page.get_by_text("of the records 396 to 401")).to_be_visible()
    page.get_by_label("From record").fill("402")
    page.get_by_role("button", name="Go", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("the file has no record 402")
    (refused,) = [each for each in browser.complaints if "422" in each]
    browser.complaints.remove(refused)
