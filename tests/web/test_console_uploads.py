"""Large uploads at the console: paused, cut off, reloaded, and gone on with where they were."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.clients.cutting import Cutting, cutting
from tests.start.running import Running
from tests.web.browser import PASSWORD, Tab, tab
from tests.web.console import register, violations

PART = 8 * 2**20  # bytes that the page sends at once


@cache
def content() -> bytes:
    return b"id,text\n" + b"".join(b"%d,%064d\n" % (each, each) for each in range(30_000)) * 10  # 21 MB


class Through:
    """The service at the address of a proxy."""

    def __init__(self, url: str) -> None:
        self.url = url


@pytest.fixture
def proxy(service: Running) -> Iterator[Cutting]:
    with cutting(service.url) as proxy:
        yield proxy


@pytest.fixture
def broken(chromium: Browser, proxy: Cutting, tmp_path: Path) -> Iterator[Tab]:
    """A browser whose way to the service breaks when a test says so."""
    with tab(chromium, Through(proxy.url), tmp_path) as found:  # type: ignore[arg-type]  # the address is all it takes
        yield found


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "large.csv"
    path.write_bytes(content())
    return path


def choose(page: Page, path: Path) -> None:
    page.locator("input[type=file]").set_input_files(path)


def sha256_of(page: Page) -> str:
    """What the service has of the file that the page shows."""
    expect(page.get_by_role("heading", name="large.csv")).to_be_visible()
    number = page.url.rsplit("/", 1)[-1]
    return str(page.evaluate("n => fetch(`/api/v1/files/${n}`).then((r) => r.json())", number)["sha256"])


class Held:
    """Holds the part that begins at an offset, so that the page waits there; notes where all parts begin."""

    def __init__(self, page: Page, offset: int) -> None:
        self.page, self.offset, self.begun = page, offset, list[int]()
        page.route("**/api/v1/uploads/*", self._part)

    def waits(self) -> Any:
        """A block after which the held part was begun."""
        return self.page.expect_request(lambda each: each.headers.get("upload-offset") == str(self.offset))

    def _part(self, route: Route) -> None:
        offset = route.request.headers.get("upload-offset")
        if offset is not None:
            self.begun.append(int(offset))
        if offset is None or int(offset) != self.offset:
            route.continue_()


def test_a_cut_network_is_waited_for(broken: Tab, proxy: Cutting, large: Path) -> None:
    register(broken)
    page = broken.page
    page.context.set_offline(True)
    choose(page, large)
    expect(page.locator(".queue .offline")).to_contain_text("goes on by itself")
    proxy.cut()
    proxy.request_cuts = [12_000_000, 1, 1]  # in the second part, and when it is asked how far it is
    before = proxy.sent
    page.context.set_offline(False)
    assert sha256_of(page) == hashlib.sha256(content()).hexdigest()
    assert proxy.request_cuts == []
    assert proxy.sent - before < 1.5 * len(content()), "it does not begin anew"
    broken.complaints = [each for each in broken.complaints if "net::ERR_" not in each]  # what a browser says of cuts


def test_a_pause_and_another_visit_go_on_where_it_was(browser: Tab, large: Path) -> None:
    register(browser)
    page = browser.page
    held = Held(page, PART)
    with held.waits():
        choose(page, large)
    expect(page.locator(".queue .sending")).to_contain_text("8.4 MB")
    page.get_by_role("button", name="Pause large.csv").click()
    expect(page.locator(".queue .paused")).to_contain_text("paused")
    assert violations(page) == []
    browser.shot("upload-paused")
    held.offset = 2 * PART
    page.context.clear_cookies()
    page.get_by_role("button", name="Go on with large.csv").click()
    page.get_by_role("dialog").get_by_label("Password").fill(PASSWORD)
    with held.waits():
        page.get_by_role("dialog").get_by_role("button", name="Sign in").click()
    (refused,) = [each for each in browser.complaints if "401" in each]
    browser.complaints.remove(refused)
    expect(page.locator(".queue .sending")).to_contain_text("16.8 MB")
    page.reload()
    expect(page.get_by_role("heading", name="Not all there yet")).to_be_visible()
    expect(page.locator(".queue")).to_contain_text("16.8 MB of 21")
    assert violations(page) == []
    browser.shot("upload-interrupted")
    page.set_viewport_size({"width": 390, "height": 800})
    page.emulate_media(color_scheme="dark")
    browser.shot("upload-interrupted-narrow")
    held.offset = -1
    choose(page, large)
    assert sha256_of(page) == hashlib.sha256(content()).hexdigest()
    assert held.begun == [0, PART, PART, 2 * PART, 2 * PART]


def test_what_is_cancelled_or_given_up_leaves_nothing(browser: Tab, large: Path) -> None:
    register(browser)
    page = browser.page
    held = Held(page, PART)
    for _ in range(2):
        with held.waits():
            choose(page, large)
        expect(page.locator(".queue .sending")).to_contain_text("8.4 MB")
        with page.expect_response(lambda answer: answer.request.method == "DELETE"):
            page.get_by_role("button", name="Cancel").click()
        expect(page.locator(".queue .cancelled")).to_be_visible()
        page.get_by_role("button", name="Clear the list").click()
    assert held.begun == [0, PART] * 2, "it begins anew"
    with held.waits():
        choose(page, large)
    expect(page.locator(".queue .sending")).to_contain_text("8.4 MB")
    page.reload()
    page.get_by_role("button", name="Delete large.csv").click()
    expect(page.get_by_role("heading", name="Not all there yet")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("heading", name="Clean a CSV file")).to_be_visible()
    assert page.evaluate("() => fetch('/api/v1/uploads').then((r) => r.json())")["items"] == []


def test_a_large_file_that_is_refused_says_why(browser: Tab, tmp_path: Path) -> None:
    register(browser)
    page = browser.page
    picture = tmp_path / "cat.csv"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(9 << 20))
    choose(page, picture)
    expect(page.locator(".queue .refused [role=alert]")).to_contain_text("CSV")
    browser.complaints.clear()  # the browser reports the refused request
