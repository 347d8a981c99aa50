"""What a page says of itself: when it painted, what it loaded, how long it takes to show what is asked for."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass

from playwright.sync_api import Browser, Page

_READY = """
new MutationObserver((_, seen) => {
    if (!document.querySelector("main form button")) return;
    window.interactive = performance.now();
    seen.disconnect();
}).observe(document, { childList: true, subtree: true });
"""
# The browser reports a paint a while after it, and the first one not before the page is in front.
_FIRST = """() => new Promise((done) => {
    const look = () => {
        const [paint] = performance.getEntriesByName("first-contentful-paint");
        if (!paint || !window.interactive) return requestAnimationFrame(look);
        const scripts = performance.getEntriesByType("resource").filter((each) => each.name.endsWith(".js"));
        const sum = (name) => scripts.reduce((total, each) => total + each[name], 0);
        done([paint.startTime, window.interactive, sum("encodedBodySize"), sum("decodedBodySize")]);
    };
    look();
})"""
# Put the bar somewhere by the grid's own field, and wait for the frame in which the record is drawn.
_JUMP = """([row]) => new Promise((done) => {
    const field = document.querySelector(".jump input");
    field.value = row;
    const began = performance.now();
    document.querySelector(".jump button").click();
    const look = () => {
        const found = document.querySelector("tr.found");
        if (found && found.getAttribute("aria-rowindex") === String(row + 1)) done(performance.now() - began);
        else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
})"""
_SCROLL = """() => new Promise((done) => {
    const box = document.querySelector(".sheet"), steps = 600;
    const tasks = [];
    const seen = (list) => tasks.push(...list.getEntries().map((each) => each.duration));
    new PerformanceObserver(seen).observe({ type: "longtask" });
    box.scrollTop = 0;
    const began = performance.now();
    let step = 0;
    const on = () => {
        box.scrollTop = (box.scrollHeight * ++step) / steps;
        if (step < steps) requestAnimationFrame(on);
        else setTimeout(() => done([Math.max(0, ...tasks), steps / ((performance.now() - began) / 1000)]), 500);
    };
    requestAnimationFrame(on);
})"""
_ASKED = """() => {
    const asked = performance.getEntriesByType("resource").filter((each) => each.name.endsWith("/api/v1/previews"));
    return asked.at(-1).startTime;
}"""
_SHOWN = """(what) => new Promise((done) => {
    const look = () => (document.querySelector(what) ? done(performance.now()) : requestAnimationFrame(look));
    look();
})"""


@dataclass(frozen=True)
class Visit:
    """Milliseconds until something is painted and can be used; bytes of scripts as they came, and unpacked."""

    paint: float
    interactive: float
    sent: float
    scripts: float


@dataclass(frozen=True)
class Scrolled:
    """The longest task in milliseconds, 0 if none took 50; and frames a second."""

    longest: float
    frames: float


def chromium() -> str:
    """Where the browser is. Ends the benchmark if there is none."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        raise SystemExit("no Chromium is installed: run `make test`")
    return found


def first_visit(browser: Browser, url: str) -> Visit:
    """The page for somebody who has never been there."""
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.add_init_script(_READY)
    page.goto(url)
    page.evaluate(_SHOWN, "main form button")
    found = Visit(*page.evaluate(_FIRST))
    page.context.close()
    return found


def signed_in(browser: Browser, url: str, account: dict[str, str]) -> Page:
    """A page of somebody who has an account."""
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.goto(url)
    page.get_by_label("E-mail").fill(account["email"])
    page.get_by_label("Password").fill(account["password"])
    page.get_by_role("button", name="Sign in").click()
    page.locator("input[type=file]").wait_for(state="attached")
    return page


def opened(page: Page, url: str, file: int) -> float:
    """Milliseconds from opening a file to its first records."""
    page.goto("about:blank")
    page.goto(f"{url}/#/files/{file}")
    return float(page.evaluate(_SHOWN, ".sheet tbody tr:not(.coming):not(.gap)"))


def jump(page: Page, row: int) -> float:
    """Milliseconds until a record is shown."""
    return float(page.evaluate(_JUMP, [row]))


def scrolled(page: Page) -> Scrolled:
    """Over all records, in ten seconds at 60 frames a second."""
    return Scrolled(*page.evaluate(_SCROLL))


def preview(page: Page, url: str, file: int) -> float:
    """Milliseconds from asking for a preview until its records are shown."""
    steps = json.dumps([{"op": "dedup", "columns": ["column 1"]}])
    page.goto("about:blank")
    page.goto(f"{url}/#/files/{file}/steps?s={steps}")
    return float(page.evaluate(_SHOWN, ".preview tr.kept")) - float(page.evaluate(_ASKED))
