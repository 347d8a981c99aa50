"""A person at the console: a fresh account, and the steps that most tests begin with."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

from playwright.sync_api import Page, expect

from tests.web.browser import PASSWORD, Tab

AXE = Path(__file__).parent / "axe" / "axe.min.js"
STEPS = '[{"op": "dedup", "columns": ["id"]}]'


def register(tab: Tab) -> str:
    """A new account, signed in by the page itself; returns its address."""
    email = f"{uuid4().hex[:12]}@example.com"
    page = tab.open("/#/register")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=False).first.fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Create an account").click()
    expect(page.get_by_role("heading", name="Clean a CSV file")).to_be_visible()
    return email


def upload(page: Page, name: str, content: bytes) -> None:
    """By the file chooser that the button opens; the file is shown once it is there."""
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "text/csv", "buffer": content})
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    expect(page.locator(".grid tbody tr").first).to_be_visible()


def cells(page: Page, column: int) -> list[str]:
    """What the grid shows in a column, from 1, after record, line and byte."""
    return page.locator(f".grid tbody tr:not(.gap) td:nth-child({column + 3})").all_inner_texts()


def violations(page: Page) -> list[str]:
    """What axe finds wrong with the page as it is; in a world of its own, which the page's policy does not bind."""
    session = page.context.new_cdp_session(page)
    frame = session.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
    world = session.send("Page.createIsolatedWorld", {"frameId": frame, "worldName": "axe"})["executionContextId"]
    session.send("Runtime.evaluate", {"expression": AXE.read_text(), "contextId": world})
    run = (
        "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}).then("
        "(r) => r.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.html.slice(0, 150)).join(' | ')))"
    )
    answer = session.send(
        "Runtime.evaluate", {"expression": run, "contextId": world, "awaitPromise": True, "returnByValue": True}
    )
    session.detach()
    assert "exceptionDetails" not in answer, answer
    return [str(each) for each in answer["result"]["value"]]
