"""The pictures of docs/console.md: screens wide and narrow, light and dark.

They are taken in every run and kept only where PICTURES says so: docs/console.md says how.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.web.browser import Tab
from tests.web.console import register

PAGE = Path(__file__).parents[2] / "docs" / "console.md"
LARGEST = 140_000  # bytes of a picture


def test_the_pictures_of_the_docs_can_be_taken(browser: Tab, tmp_path: Path) -> None:
    folder = Path(os.environ.get("PICTURES") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    register(browser)
    page = browser.page
    page.set_viewport_size({"width": 1120, "height": 620})
    browser.open("/#/?sample=1")
    expect(page.locator(".grid tbody tr").first).to_be_visible()
    take(page, folder, "file")
    page.get_by_role("link", name="try a recipe for it").click()
    expect(page.locator("tr.dropped").first).to_be_visible()
    page.locator(".cards .grow").nth(1).click()
    take(page, folder, "steps")
    page.get_by_role("button", name="Columns").last.click()
    expect(page.locator(".columns .card").first).to_be_visible()
    page.emulate_media(color_scheme="dark")
    take(page, folder, "columns-dark")
    page.emulate_media(color_scheme="light")
    page.get_by_role("button", name="Run on the whole file").click()
    expect(page.locator(".funnel")).to_be_visible()
    expect(page.locator(".grid tbody tr").first).to_be_visible()
    take(page, folder, "result")
    page.set_viewport_size({"width": 390, "height": 780})
    assert page.evaluate("document.documentElement.scrollWidth") == 390, "nothing is cut off on a telephone"
    take(page, folder, "result-narrow")
    taken = {path.name for path in folder.glob("*.png")}
    assert set(re.findall(r"\(console/([\w-]+\.png)\)", PAGE.read_text())) == taken
    assert all(path.stat().st_size < LARGEST for path in folder.glob("*.png"))


def take(page: Page, folder: Path, name: str) -> None:
    page.evaluate("scrollTo(0, 0)")
    page.screenshot(path=folder / f"{name}.png")
