"""A browser on a csvapi that runs: Debian's Chromium, without a screen; whatever it complains about fails the test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

from tests.start.running import Running, started

ADMIN, PASSWORD = "boss@example.com", "sunlit-harbour-41"
PATIENCE = 60_000  # milliseconds for what a page shows, on a slow machine beside other tests
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    settings = {
        "CSVAPI_ADMIN_EMAIL": ADMIN,
        "CSVAPI_ADMIN_PASSWORD": PASSWORD,
        "CSVAPI_MAX_ATTEMPTS": "1",
        "CSVAPI_WEBHOOK_PRIVATE": "on",  # the receiver of the tests is on this machine
    }
    with started(tmp_path_factory.mktemp("pages"), **settings) as running:
        yield running


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        pytest.fail("no Chromium is installed: run `make test`", pytrace=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


class Tab:
    """One page, and what it did that it should not; `elsewhere` is the one other address that it may ask."""

    def __init__(self, page: Page, service: Running, shots: Path) -> None:
        self.elsewhere = service.url
        self.page, self.service, self._shots = page, service, shots
        self.complaints: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.text} ({message.location})")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob"} and not request.url.startswith((self.service.url, self.elsewhere)):
            self.complaints.append(f"asked another host: {request.url}")

    def open(self, path: str) -> Page:
        self.page.goto(self.service.url + path)
        return self.page

    def shot(self, name: str) -> None:
        self.page.screenshot(path=self._shots / f"{name}.png", full_page=True)

    def sign_in(self, path: str = "/admin/") -> Page:
        """From any page, by the login page it leads to."""
        page = self.open(path)
        page.fill("#email", ADMIN)
        page.fill("#password", PASSWORD)
        page.click("button:has-text('Sign in')")
        page.wait_for_url(self.service.url + path)
        return page


@contextmanager
def tab(chromium: Browser, service: Running, folder: Path) -> Iterator[Tab]:
    """A page with a session of its own; screenshots go to SCREENSHOTS, or are thrown away with the test's folder."""
    shots = Path(os.environ.get("SCREENSHOTS") or folder)
    shots.mkdir(parents=True, exist_ok=True)
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PATIENCE)
    found = Tab(context.new_page(), service, shots)
    yield found
    context.close()
    assert not found.complaints, found.complaints


class Client:
    """A user of the API, beside the browser."""

    def __init__(self, service: Running, email: str) -> None:
        self.email, self._http = email, httpx.Client(base_url=service.url, timeout=PATIENCE / 1000)
        body = {"email": email, "password": PASSWORD, "confirm_password": PASSWORD}
        self._http.post("/api/register/", data=body)
        self.login = self._http.post("/api/login/", data=body)
        self._http.headers["Authorization"] = f"Bearer {self.login.json().get('access_token')}"

    def upload(self, content: bytes = b"id,name\n007,Ada\n007,Ada\n") -> int:
        return int(self._http.post("/api/upload-csv/", files={"file": ("people.csv", content)}).json()["file_id"])

    def start(self, file_id: int) -> str:
        body = {"file_id": file_id, "operation": "dedup"}
        return str(self._http.post("/api/perform-operation/", json=body).json()["task_id"])

    def status(self, task_id: str) -> str:
        return str(self._http.get("/api/task-status/", params={"task_id": task_id}).json().get("status"))

    def close(self) -> None:
        self._http.close()
