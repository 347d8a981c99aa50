"""The grid of a file's records, over a million of them: what is asked for, and what is shown."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, Request, expect

from tests.web.browser import Tab
from tests.web.console import register, upload, violations

RECORDS = 1_000_000


class Asked:
    """The requests for rows: which record each began with, and how many answers there were."""

    def __init__(self, page: Page) -> None:
        self.rows: list[int] = []
        page.on("request", self._request)

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.path.endswith("/rows"):
            self.rows.append(int(parse_qs(parts.query).get("from_row", ["1"])[0]))


def shown(page: Page) -> list[tuple[int, str]]:
    """The records within the box: the number that the grid gives each, and its first cell."""
    rows = page.evaluate(
        """() => {
            const box = document.querySelector(".sheet"), head = box.querySelector("thead").getBoundingClientRect();
            const edge = box.getBoundingClientRect().top + box.clientHeight;
            return [...box.querySelectorAll("tbody tr:not(.gap)")].filter((row) => {
                const place = row.getBoundingClientRect();
                return place.top >= head.bottom - 1 && place.bottom <= edge + 1;
            }).map((row) => [Number(row.getAttribute("aria-rowindex")) - 1, row.cells[3]?.innerText ?? ""]);
        }"""
    )
    return [(number, cell) for number, cell in rows]


def settled(page: Page) -> list[tuple[int, str]]:
    """What is shown once all of it has come: records that follow each other, each with its own cell."""
    expect(page.locator(".sheet[aria-busy=true], .sheet .coming")).to_have_count(0)
    rows = shown(page)
    assert len(rows) > 5, rows
    assert [number for number, _ in rows] == list(range(rows[0][0], rows[0][0] + len(rows)))
    assert [cell for _, cell in rows] == [f"{number:07d}" for number, _ in rows]
    return rows


def scroll(page: Page, share: float) -> None:
    page.evaluate("s => { const b = document.querySelector('.sheet'); b.scrollTop = s * b.scrollHeight; }", share)


def fly(page: Page, pixels: int, moves: int) -> None:
    """Moves the bar on by so many pixels in each of so many frames."""
    page.evaluate(
        """async ([pixels, moves]) => {
            const box = document.querySelector(".sheet");
            for (let move = 0; move < moves; move++) {
                box.scrollTop = move * pixels;
                await new Promise(requestAnimationFrame);
            }
        }""",
        [pixels, moves],
    )


def test_a_million_records_are_scrolled_to_the_middle_and_the_end(browser: Tab, tmp_path: Path) -> None:
    file = tmp_path / "million.csv"
    file.write_text("id,note\n" + "".join(f"{n:07d},some text\n" for n in range(1, RECORDS + 1)))
    register(browser)
    page = browser.page
    asked = Asked(page)
    page.locator("input[type=file]").set_input_files(file)
    grid = page.locator(".sheet table")
    expect(page.get_by_role("heading", name=re.compile("Records about"))).to_be_visible()
    assert grid.get_attribute("aria-rowcount") == "-1"
    assert settled(page)[0][0] == 1
    assert asked.rows == [1]
    scroll(page, 0.5)
    expect(grid).to_have_attribute("aria-rowcount", str(RECORDS + 1))
    expect(page.get_by_role("heading", name=re.compile("1,000,000"))).to_be_visible()
    middle = settled(page)
    assert abs(middle[0][0] - RECORDS / 2) < RECORDS / 50
    assert page.locator(".sheet tbody tr").count() < 60, "only what is seen are elements"
    page.locator(".sheet").focus()
    page.keyboard.press("End")
    assert settled(page)[-1][0] == RECORDS
    page.keyboard.press("PageUp")
    higher = settled(page)
    assert RECORDS - 3 * len(higher) < higher[0][0] < RECORDS - len(higher)
    page.keyboard.press("ArrowUp")
    assert settled(page)[0][0] == higher[0][0] - 1
    page.keyboard.press("Home")
    assert settled(page)[0][0] == 1
    before = len(asked.rows)
    fly(page, 9000, 200)
    last = settled(page)
    assert last[0][0] > 200_000
    assert len(asked.rows) - before <= 50, "what flies past is not asked for: a request for each move would be 200"
    before = len(set(asked.rows))
    page.mouse.move(*_middle_of(page))
    page.mouse.wheel(0, 280)
    expect(page.locator(f".sheet tr[aria-rowindex='{last[0][0] + 11}']")).to_be_visible()
    assert settled(page)[0][0] == last[0][0] + 10, "a wheel turns rows, not pixels of the bar"
    assert len(set(asked.rows)) - before <= 3, asked.rows
    page.get_by_label("Go to record").fill("777777")
    page.get_by_role("button", name="Go", exact=True).click()
    expect(page.locator("tr.found td").nth(3)).to_have_text("0777777")
    expect(page.locator("tr.found")).to_be_in_viewport()
    page.get_by_label("Go to record").fill("1000001")
    page.get_by_role("button", name="Go", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("There is no record 1,000,001.")


def _middle_of(page: Page) -> tuple[float, float]:
    box = page.locator(".sheet").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_an_issue_and_a_warning_lead_to_their_record_and_its_bytes(browser: Tab) -> None:
    register(browser)
    page = browser.page
    lines = [f"{n},a" for n in range(1, 3001)]
    lines[2499] = '2500,"x\ty\nz",\x01\ufeffmore'
    upload(page, "odd.csv", ("id,note\r\n" + "\r\n".join(lines) + "\r\n").encode())
    page.get_by_role("button", name=re.compile("Record 2,500")).first.click()
    expect(page.locator("tr.found td").nth(3)).to_have_text("2500")
    expect(page.locator("tr.found")).to_be_in_viewport()
    page.get_by_role("button", name="As lines of text").click()
    raw = page.locator(".raw tr.found")
    expect(raw).to_have_count(2)
    assert [each.inner_text() for each in raw.locator("th").all()] == ["2,501", "2,502"]
    assert [each.inner_text() for each in raw.locator("td").all()] == ['2500,"x⇥\ty↵', 'z",⟨01⟩⟨FEFF⟩more⟨CR⟩↵']
    assert violations(page) == []
    page.get_by_label("Go to record").fill("1")
    page.get_by_role("button", name="Go", exact=True).click()
    expect(page.locator(".raw tr").first.locator("td")).to_have_text("id,note⟨CR⟩↵")


@pytest.mark.parametrize("encoding", ["utf-16", "cp437"])
def test_the_lines_of_other_encodings_are_shown(browser: Tab, encoding: str) -> None:
    register(browser)
    page = browser.page
    upload(page, "words.csv", "id;word\n1;Größe\n2;Straße\n3;Öl\n".encode(encoding))
    page.get_by_label("Encoding").fill(encoding)
    page.get_by_label("Encoding").press("Tab")
    expect(page.get_by_text("chosen by you")).to_be_visible()
    expect(page.locator(".grid")).to_contain_text("Straße")
    page.get_by_role("button", name="As lines of text").click()
    expect(page.locator(".raw")).to_contain_text("Straße" if encoding == "utf-16" else "Stra")
    expect(page.get_by_text("No browser knows the encoding")).to_have_count(int(encoding != "utf-16"))
