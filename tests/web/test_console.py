"""The console, as people use it: in a browser, on a csvapi that runs. What a page complains about fails the test."""

from __future__ import annotations

import csv
import io
import json
import re

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from tests.web.browser import PASSWORD, Tab
from tests.web.console import cells, register, upload, violations

PEOPLE = b"id,name\n007,Ada\n007,Ada\n008,Bob\n009,\n"


def test_the_first_visit_leads_through_the_sample_to_a_result(browser: Tab) -> None:
    page = browser.open("/")
    page.get_by_role("link", name="Try it with a sample file").click()
    page.get_by_label("E-mail").fill("first-visit@example.com")
    page.get_by_label("Password", exact=False).first.fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Create an account").click()
    expect(page.get_by_role("heading", name="sample.csv")).to_be_visible()
    expect(page.get_by_label("Encoding")).to_have_value("cp1252")
    expect(page.locator(".grid")).to_contain_text("Würzburg")
    page.get_by_role("link", name="Clean this file").click()
    expect(page.get_by_text("No steps yet")).to_be_visible()
    page.get_by_role("link", name="try a recipe for it").click()  # another address of the same screen
    expect(page.locator("tr.dropped").first).to_be_visible()
    page.get_by_role("link", name="Steps and preview").click()  # as is this one, which names no steps
    expect(page).to_have_url(re.compile("steps\\?s="))
    kept = page.locator(".figures strong").inner_text()
    page.get_by_role("button", name="Run on the whole file").click()
    expect(page.get_by_role("heading", name="What became of the records")).to_be_visible()
    assert page.locator(".funnel tr").last.locator("td").nth(1).inner_text() == kept


def test_the_preview_is_what_the_engine_does(browser: Tab) -> None:
    register(browser)
    page = browser.page
    upload(page, "people.csv", PEOPLE)
    page.get_by_role("link", name="Clean this file").click()
    page.get_by_role("button", name="+ Add a step").click()
    page.get_by_label("Search").fill("dedup")
    page.get_by_role("button", name="dedup").click()
    expect(page.locator("tr.dropped")).to_have_count(1)
    expect(page.locator("tr.dropped")).to_contain_text("1: duplicate")
    expect(page.locator("tr.dropped").get_by_role("button", name="record 1")).to_be_visible()
    page.get_by_role("button", name="Next dropped record").click()
    expect(page.locator("tr.dropped.found")).to_contain_text("1: duplicate")
    page.locator(".preview").get_by_role("button", name="Result").click()
    shown = cells(page, 1)
    page.get_by_role("button", name="Run on the whole file").click()
    expect(page.get_by_role("heading", name="What became of the records")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the result").click()
    text = download.value.path().read_text()
    assert [row[0] for row in csv.reader(io.StringIO(text))][1:] == shown == ["007", "008", "009"]
    page.get_by_role("button", name="Dropped, and why").click()
    expect(page.locator(".list tbody tr")).to_have_count(1)
    assert "(record 1)" in page.locator(".list tbody tr").inner_text()
    page.get_by_role("button", name="Records", exact=True).click()
    page.get_by_text("In another format").click()
    page.get_by_role("button", name="XLSX").click()
    expect(page.get_by_text("The result is application/vnd.openxmlformats")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the result").click()
    book = openpyxl.load_workbook(io.BytesIO(download.value.path().read_bytes()))
    assert [row[0] for row in book.worksheets[0].values][1:] == shown


def test_a_wrong_encoding_is_corrected_at_once(browser: Tab) -> None:
    register(browser)
    page = browser.page
    upload(page, "words.csv", "id;word\n1;Größe\n2;Straße\n3;Öl\n".encode("windows-1252"))
    box = page.get_by_label("Encoding")
    box.fill("koi8-r")
    box.press("Tab")
    expect(page.locator(".grid")).not_to_contain_text("Größe")
    box.fill("windows-1252")
    box.press("Tab")
    expect(page.locator(".grid")).to_contain_text("Größe")
    expect(page.get_by_text("chosen by you")).to_be_visible()
    page.reload()
    expect(page.locator(".grid")).to_contain_text("Straße")


def test_steps_are_undone_switched_off_moved_and_written_as_json(browser: Tab) -> None:
    register(browser)
    page = browser.page
    upload(page, "people.csv", PEOPLE)
    page.get_by_role("link", name="Clean this file").click()
    page.get_by_role("button", name="JSON").click()
    steps = [
        {"op": "filter", "filters": [{"column": "name", "operator": "not_empty"}]},
        {"op": "dedup", "columns": ["id"]},
    ]
    page.get_by_label("The steps as JSON").fill(json.dumps(steps))
    expect(page.locator("tr.dropped")).to_have_count(2)
    page.get_by_role("button", name="JSON").click()
    page.get_by_role("switch", name="1. Filter: on").uncheck()
    expect(page.locator("tr.dropped")).to_have_count(1)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("tr.dropped")).to_have_count(2)
    page.get_by_role("button", name="Redo").click()
    expect(page.locator("tr.dropped")).to_have_count(1)
    page.get_by_role("button", name="Move 2. Dedup up").click()
    expect(page.locator(".cards .card").first).to_contain_text("1. Dedup")
    page.reload()
    expect(page.locator(".cards .card").first).to_contain_text("1. Dedup")
    expect(page.get_by_role("switch", name="2. Filter: on")).not_to_be_checked()
    page.get_by_role("button", name="Delete 2. Filter").click()
    expect(page.locator(".cards .card")).to_have_count(1)


def test_a_session_that_ended_is_begun_anew_where_one_is(browser: Tab) -> None:
    email = register(browser)
    page = browser.page
    upload(page, "people.csv", PEOPLE)
    page.get_by_role("link", name="Clean this file").click()
    page.get_by_role("button", name="+ Add a step").click()
    page.get_by_role("button", name="dedup").click()
    expect(page.locator("tr.dropped")).to_have_count(1)
    page.context.clear_cookies()
    page.get_by_role("button", name="Run on the whole file").click()
    expect(page.get_by_role("dialog", name="Your session has ended")).to_contain_text(email)
    page.get_by_role("dialog").get_by_label("Password").fill(PASSWORD)
    page.get_by_role("dialog").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(".cards .card")).to_have_count(1)
    page.get_by_role("button", name="Run on the whole file").click()
    expect(page.get_by_role("heading", name="What became of the records")).to_be_visible()
    refused = [each for each in browser.complaints if "401" in each]
    assert len(refused) == 1, "the browser reports the one request that the ended session sent"
    browser.complaints.remove(refused[0])


def test_another_tab_may_sign_in_anew(browser: Tab) -> None:
    """The token of the first tab is no longer the session's; it asks for the new one, and nobody notices."""
    email = register(browser)
    page = browser.page
    upload(page, "people.csv", PEOPLE)
    page.get_by_role("link", name="Clean this file").click()
    page.get_by_role("button", name="+ Add a step").click()
    page.get_by_role("button", name="dedup").click()
    expect(page.locator("tr.dropped")).to_have_count(1)
    another = page.context.new_page()
    another.goto(browser.service.url)
    another.get_by_role("button", name="Sign out").click()
    another.get_by_label("E-mail").fill(email)
    another.get_by_label("Password").fill(PASSWORD)
    another.get_by_role("button", name="Sign in").click()
    expect(another.get_by_role("heading", name="Your last files")).to_be_visible()
    page.get_by_role("button", name="Run on the whole file").click()
    expect(page.get_by_role("heading", name="What became of the records")).to_be_visible()
    (refused,) = [each for each in browser.complaints if "403" in each]
    browser.complaints.remove(refused)


def test_another_sheet_of_a_workbook_is_one_choice_away(browser: Tab) -> None:
    register(browser)
    page = browser.page
    book = openpyxl.Workbook()
    for name, value in (("North", "Oslo"), ("South", "Rome")):
        sheet = book.create_sheet(name)
        sheet.append(["id", "town"])
        sheet.append(["007", value])
    book.remove(book["Sheet"])
    content = io.BytesIO()
    book.save(content)
    upload(page, "towns.xlsx", content.getvalue())
    expect(page.locator(".grid")).to_contain_text("Oslo")
    page.get_by_label("Sheet or member").select_option("South")
    expect(page.locator(".grid")).to_contain_text("Rome")


def test_a_refused_upload_says_the_way_out(browser: Tab) -> None:
    register(browser)
    page = browser.page
    picture = {"name": "cat.csv", "mimeType": "text/csv", "buffer": b"\x89PNG\r\n\x1a\n" + bytes(100)}
    page.locator("input[type=file]").set_input_files(picture)
    expect(page.locator(".queue .refused [role=alert]")).to_contain_text("CSV")
    browser.complaints.clear()  # the browser reports the refused request


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_screen_is_accessible(browser: Tab, scheme: str) -> None:
    page = browser.page
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    browser.open("/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    found = {"sign in": violations(page)}
    register(browser)
    found["home"] = violations(page)
    upload(page, "people.csv", PEOPLE + b"010\n")
    expect(page.locator(".issues li")).to_have_count(1)
    found["file"] = violations(page)
    page.get_by_role("link", name="Clean this file").click()
    page.get_by_role("button", name="+ Add a step").click()
    found["palette"] = violations(page)
    page.get_by_role("button", name="filter").first.click()
    page.get_by_role("button", name="+ Add a step").click()
    page.get_by_role("button", name="dedup").click()
    page.get_by_role("switch", name="1. Filter: on").uncheck()
    expect(page.locator("tr.dropped")).to_have_count(1)
    found["steps"] = violations(page)
    page.locator(".preview").get_by_role("button", name="Columns").click()
    expect(page.locator(".columns .card").first).to_be_visible()
    found["columns"] = violations(page)
    page.get_by_role("button", name="Saved…").click()
    found["saved"] = violations(page)
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Copy as…").click()
    found["copy"] = violations(page)
    page.get_by_role("button", name="Close").last.click()
    page.get_by_role("button", name="Run on the whole file").click()
    expect(page.get_by_role("heading", name="What became of the records")).to_be_visible()
    expect(page.locator(".grid")).to_be_visible()
    found["task"] = violations(page)
    for screen, title in (("files", "Files"), ("tasks", "Runs"), ("account", "@")):
        browser.open(f"/#/{screen}")
        expect(page.get_by_role("heading", level=1)).to_contain_text(title)
        expect(page.locator("table tbody tr").first).to_be_visible()
        found[screen] = violations(page)
    assert {name: each for name, each in found.items() if each} == {}


def test_everything_can_be_done_by_the_keyboard(browser: Tab) -> None:
    register(browser)
    page = browser.page
    upload(page, "people.csv", PEOPLE)
    press(page, "Clean this file", "Enter")
    expect(page.locator("#main")).to_be_focused()
    press(page, "+ Add a step", "Enter")
    page.keyboard.type("dedup")
    press(page, "dedup Drop records", "Enter")
    press(page, "+ Add to Columns", "Space")
    press(page, "Columns 1", "n")
    expect(page.locator("tr.dropped")).to_have_count(1)
    press(page, "Run on the whole file", "Enter")
    expect(page.get_by_role("heading", name="What became of the records")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("f")
    expect(page.get_by_role("heading", name="Files")).to_be_visible()


def press(page: Page, name: str, key: str) -> None:
    """Go on with Tab until what has this name is focused and can be seen to be, then press the key."""
    for _ in range(80):
        focused = page.evaluate(
            "(() => { const on = document.activeElement;"
            " const label = on.getAttribute('aria-label') ?? on.innerText ?? '';"
            " return [label.trim().replace(/\\s+/g, ' '), getComputedStyle(on).outlineStyle]; })()"
        )
        if focused[0].startswith(name):
            assert focused[1] != "none", f"the focus on {name} is not to be seen"
            page.keyboard.press(key)
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab does not lead to {name!r}")


def test_any_record_is_shown_without_those_before_it(browser: Tab) -> None:
    register(browser)
    page = browser.page
    lines = "".join(f"{n},{n * 7}\n" for n in range(1, 200_001))
    upload(page, "long.csv", f"id,value\n{lines}".encode())
    asked = []
    page.on("request", lambda request: "/rows" in request.url and asked.append(request.url))
    page.get_by_label("Go to record").fill("150000")
    page.get_by_role("button", name="Go", exact=True).click()
    expect(page.locator("tr.found td").nth(3)).to_have_text("150000")
    expect(page.locator("tr.found")).to_be_in_viewport()
    page.get_by_label("Go to record").fill("200000")
    page.get_by_role("button", name="Go", exact=True).click()
    expect(page.locator("tr.found td").nth(4)).to_have_text("1400000")
    assert 2 <= len(asked) <= 4, asked
    assert page.locator(".grid tbody tr").count() < 100, "only what is seen are elements"
    page.reload()
    expect(page.locator("tr.found td").nth(3)).to_have_text("200000")
    page.get_by_role("button", name="From the start").click()
    expect(page.locator(".grid tbody tr").first.locator("td").nth(3)).to_have_text("1")


def test_a_run_goes_on_while_its_page_is_loaded_again(browser: Tab) -> None:
    register(browser)
    page = browser.page
    lines = "".join(f"{n % 5000},{n}\n" for n in range(800_000))
    upload(page, "large.csv", f"id,value\n{lines}".encode())
    page.get_by_role("link", name="Clean this file").click()
    page.get_by_role("button", name="JSON").click()
    steps = [
        {"op": "sort", "by": [{"column": "value", "as": "number", "order": "desc"}]},
        {"op": "dedup", "columns": ["id"]},
    ]
    page.get_by_label("The steps as JSON").fill(json.dumps(steps))
    page.get_by_role("button", name="Run on the whole file").click()
    expect(page.get_by_role("progressbar", name="Progress")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="What became of the records")).to_be_visible(timeout=90_000)
    expect(page.locator(".funnel tr").last).to_contain_text("5,000")


def test_two_languages_and_a_switch_for_the_dark(browser: Tab) -> None:
    page = browser.open("/")
    page.get_by_role("button", name="Deutsch").click()
    expect(page.get_by_role("heading", name="Anmelden")).to_be_visible()
    assert page.locator("html").get_attribute("lang") == "de"
    page.get_by_role("button", name="Hell oder dunkel wie das System").click()
    page.get_by_role("button", name="Hell", exact=True).click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.reload()
    expect(page.get_by_role("button", name="Dunkel")).to_be_visible()


def test_what_a_cell_holds_is_text(browser: Tab) -> None:
    register(browser)
    page = browser.page
    upload(page, "evil.csv", b'id,name\n1,<img src=x onerror=alert(1)>\n2,"<script>alert(2)</script>"\n3, x \n')
    expect(page.locator(".grid")).to_contain_text("<img src=x onerror=alert(1)>")
    expect(page.locator(".grid .unseen")).to_have_text(["·", "·"])


def test_a_value_of_a_column_becomes_a_step(browser: Tab) -> None:
    register(browser)
    page = browser.page
    upload(page, "people.csv", PEOPLE)
    page.get_by_role("link", name="Clean this file").click()
    page.locator(".preview").get_by_role("button", name="Columns").click()
    page.get_by_role("region", name="id").get_by_role("button", name="007").click()
    expect(page.locator(".cards .card")).to_contain_text("1. Filter")
    page.locator(".preview").get_by_role("button", name="Result").click()
    expect(page.locator(".grid tbody tr")).to_have_count(2)
    assert cells(page, 1) == ["007", "007"], "as text: not 7"


def test_a_condition_is_made_by_its_form_alone(browser: Tab) -> None:
    """No code knows the filter: its operators come from the schema, and the form follows the one that is chosen."""
    register(browser)
    page = browser.page
    upload(page, "people.csv", PEOPLE)
    page.get_by_role("link", name="Clean this file").click()
    page.get_by_role("button", name="+ Add a step").click()
    page.get_by_role("button", name="filter Keep the records").click()
    expect(page.get_by_text("Complete the steps")).to_be_visible()
    expect(page.get_by_role("button", name="Run on the whole file")).to_be_disabled()
    form = page.locator(".form")
    form.get_by_label("Column").select_option("name")
    form.get_by_label("Operator").select_option("not_empty")
    expect(page.locator("tr.dropped")).to_have_count(1)
    form.get_by_label("Operator").select_option("in")
    form.get_by_label("Value 1").fill("Ada")
    expect(page.locator("tr.dropped")).to_have_count(2)
    page.get_by_role("button", name="JSON").click()
    expect(page.get_by_label("The steps as JSON")).to_have_value(re.compile(r'"operator": "in",\s+"value": \[\s+"Ada"'))


def test_steps_are_saved_and_used_on_another_file(browser: Tab) -> None:
    register(browser)
    page = browser.page
    upload(page, "people.csv", PEOPLE)
    page.get_by_role("link", name="Clean this file").click()
    page.get_by_role("button", name="+ Add a step").click()
    page.get_by_role("button", name="dedup").click()
    expect(page.locator("tr.dropped")).to_have_count(1)
    page.get_by_role("button", name="Saved…").click()
    page.get_by_label("Save these steps as").fill("once each")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("row", name="once each")).to_contain_text("version 1")
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    page.get_by_role("link", name="Start").click()
    upload(page, "more.csv", PEOPLE + PEOPLE[8:])
    page.get_by_role("link", name="Clean this file").click()
    page.get_by_role("button", name="Saved…").click()
    page.get_by_role("button", name="once each", exact=True).click()
    expect(page.locator("tr.dropped")).to_have_count(5)


def test_files_and_runs_are_found_by_their_names(browser: Tab) -> None:
    register(browser)
    page = browser.page
    upload(page, "people.csv", PEOPLE)
    page.get_by_role("link", name="Start").click()
    upload(page, "towns.csv", PEOPLE)
    page.get_by_role("link", name="Files").click()
    expect(page.locator(".list tr")).to_have_count(2)
    page.get_by_label("Search").fill("TOWN")
    expect(page.locator(".list tr")).to_have_count(1)
    page.reload()
    expect(page.get_by_label("Search")).to_have_value("TOWN")
    expect(page.locator(".list tr")).to_have_count(1)
    page.get_by_role("button", name="Delete towns.csv").click()
    expect(page.get_by_text("No files here.")).to_be_visible()
