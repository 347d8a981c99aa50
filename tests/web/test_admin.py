"""The administrators' pages, in a browser, and what they refuse to everybody else."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from tests.start.running import Running
from tests.waiting import until
from tests.web.browser import ADMIN, PASSWORD, Client, Tab


def stored(service: Running) -> set[Path]:
    return set((service.output.parent / "var" / "files").glob("[0-9a-f][0-9a-f]/*"))


def test_only_administrators_get_in(browser: Tab, client: Client) -> None:
    page = browser.open("/admin/tasks/")
    for email, password, answer in (
        (ADMIN, "wrong-password", "Invalid email or password"),
        (client.email, PASSWORD, "not an administrator"),
    ):
        page.fill("#email", email)
        page.fill("#password", password)
        with page.expect_response(lambda response: response.request.method == "POST") as answered:
            page.click("button:has-text('Sign in')")
        assert answered.value.status in {401, 403}
        expect(page.locator("[role=alert]")).to_contain_text(answer)
        assert not any(cookie["name"] == "_user_id" for cookie in page.context.cookies())
    browser.complaints.clear()  # Chromium notes the two refusals
    browser.shot("login-refused")


def test_the_front_page_shows_figures_and_signing_out_ends_the_session(browser: Tab, client: Client) -> None:
    client.upload()
    page = browser.sign_in()
    expect(page.locator("#tasks-succeeded")).to_be_visible()
    browser.shot("admin-front")
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    assert httpx.get(browser.service.url + "/admin/users/", cookies=cookies).status_code == 200
    page.click("button:has-text('Sign out')")
    expect(page.locator("#password")).to_be_visible()
    assert httpx.get(browser.service.url + "/admin/users/", cookies=cookies).status_code == 302  # nor a kept cookie


def test_a_user_gets_a_limit_and_a_password_and_is_shut_out(browser: Tab, client: Client) -> None:
    page = browser.sign_in("/admin/users/")
    page.fill("[name=search]", client.email)
    page.press("[name=search]", "Enter")
    page.click("[title='Edit Record']")
    page.fill("#max_stored", "10")
    page.fill("#new_password", "a-new-lantern-77")
    browser.shot("admin-user")
    page.click("input[value=Save]")
    expect(page.locator(".alert-success")).to_be_visible()
    renewed = httpx.post(
        browser.service.url + "/api/login/", data={"email": client.email, "password": "a-new-lantern-77"}
    )
    assert renewed.status_code == 200
    refused = httpx.post(
        browser.service.url + "/api/upload-csv/",
        headers={"Authorization": f"Bearer {renewed.json()['access_token']}"},
        files={"file": ("a.csv", b"id,name\n007,Ada\n")},
    )
    assert refused.status_code in {413, 429}, refused.text
    assert client.status("x") == "None"  # the old sign-in has ended
    page.click("[title='Edit Record']")
    page.uncheck("#is_active")
    page.click("input[value=Save]")
    again = httpx.post(
        browser.service.url + "/api/login/", data={"email": client.email, "password": "a-new-lantern-77"}
    )
    assert again.status_code == 401
    browser.shot("admin-users")


def test_the_last_administrator_stays_one(browser: Tab) -> None:
    page = browser.sign_in("/admin/users/")
    page.fill("[name=search]", ADMIN)
    page.press("[name=search]", "Enter")
    page.click("[title='Edit Record']")
    page.uncheck("#is_admin")
    page.click("input[value=Save]")
    expect(page.locator(".alert-danger")).to_contain_text("last administrator")


def test_a_failed_task_is_found_tried_again_and_deleted(browser: Tab, client: Client) -> None:
    before = stored(browser.service)
    file_id = client.upload()
    (path,) = stored(browser.service) - before
    aside = path.rename(path.with_suffix(".aside"))
    task_id = client.start(file_id)
    until(lambda: client.status(task_id) == "FAILURE")
    page = browser.sign_in("/admin/tasks/")
    page.click("text=Add filter")
    page.click(".field-filters >> text=State")
    browser.shot("admin-tasks")
    page.fill("[name=search]", task_id)
    page.press("[name=search]", "Enter")
    row = page.locator("table.model-list tbody tr", has_text=client.email)
    expect(row).to_contain_text("failed")
    page.click("[title='View Record']")
    expect(page.locator("table.searchable")).to_contain_text("missing from the storage")
    browser.shot("admin-task")
    page.click(".nav-tabs >> text=List")
    aside.rename(path)
    page.once("dialog", lambda dialog: dialog.accept())
    page.click("td button:has-text('Retry')")
    expect(page.locator(".alert-success")).to_contain_text("queued again")
    until(lambda: client.status(task_id) == "SUCCESS")
    page.reload()
    page.once("dialog", lambda dialog: dialog.accept())
    page.check("input.action-checkbox")
    page.click("text=With selected")
    page.click(".dropdown-menu.show >> text=Delete")
    expect(page.locator(".alert-success")).to_contain_text("deleted")
    assert client.status(task_id) == "None"


def test_filters_narrow_the_tasks(browser: Tab, client: Client) -> None:
    task_id = client.start(client.upload())
    until(lambda: client.status(task_id) == "SUCCESS")
    page = browser.sign_in("/admin/tasks/")
    groups = page.eval_on_selector("#filter-groups-data", "node => JSON.parse(node.textContent)")
    argument = {name: options[0]["arg"] for name, options in groups.items()}
    for name, value, found in (
        ("State", "succeeded", True),
        ("State", "failed", False),
        ("Operation", "dedup", True),
        ("Operation", "filter", False),
        ("User", client.email, True),
        ("User", "nobody@", False),
    ):
        page = browser.open(f"/admin/tasks/?flt0_{argument[name]}={value}&search={task_id}")
        assert (page.locator("table.model-list tbody tr", has_text=task_id).count() == 1) is found, (name, value)


def test_a_file_is_deleted_with_its_object(browser: Tab, client: Client) -> None:
    before = stored(browser.service)
    client.upload()
    (path,) = stored(browser.service) - before
    page = browser.sign_in("/admin/files/")
    browser.shot("admin-files")
    row = page.locator("table.model-list tbody tr", has_text=client.email)
    page.once("dialog", lambda dialog: dialog.accept())
    row.locator("button:has-text('Delete')").click()
    expect(page.locator(".alert-success")).to_be_visible()
    assert not path.exists()


def test_pages_of_accounts_open_without_a_complaint(browser: Tab) -> None:
    page = browser.sign_in("/admin/invitations/")
    page.fill("#note", "for Ada")
    page.click("button:has-text('Make an invitation')")
    expect(page.locator(".alert-success")).to_contain_text("invite_")
    page.once("dialog", lambda dialog: dialog.accept())
    page.click("td button:has-text('Revoke')")
    expect(page.locator(".alert-success")).to_contain_text("revoked")
    browser.open("/admin/keys/")
    page.goto(browser.service.url + "/admin/audit/")
    expect(page.locator("table.model-list")).to_contain_text("admin_invitation_made")
    browser.shot("admin-audit")
    with page.expect_download() as saved:
        page.click("text=Export as csv")
    assert "admin_invitation_revoked" in saved.value.path().read_text()
    browser.open("/admin/second-factor/")
    page.click("button:has-text('Set up')")
    expect(page.locator("svg")).to_be_visible()
    browser.shot("admin-second-factor")


CLOSED = ("", "users/", "files/", "tasks/", "keys/", "invitations/", "audit/", "audit/export/csv", "second-factor/")


@pytest.mark.parametrize("path", [*(f"/admin/{path}" for path in CLOSED), "/rq/", "/rq/0/view/jobs"])
def test_without_a_session_every_page_leads_to_the_login(service: Running, client: Client, path: str) -> None:
    for headers in ({}, {"Authorization": f"Bearer {client.login.json()['access_token']}"}, {"Cookie": "csvapi=x"}):
        answer = httpx.get(service.url + path, headers=headers)
        assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, "/admin/login/")
    assert httpx.post(service.url + path).status_code in {302, 405}


def test_a_form_without_its_token_changes_nothing(browser: Tab, client: Client) -> None:
    file_id = client.upload()
    page = browser.sign_in("/admin/files/")
    url = browser.service.url
    answer = page.request.post(f"{url}/admin/files/action/", form={"action": "remove", "rowid": str(file_id)})
    assert "CSRF" in answer.text()
    page.request.post(f"{url}/admin/logout/")
    edit = f"{url}/admin/users/edit/?id=1"
    page.request.post(edit, form={"new_password": "someone-elses-9"})
    assert client.start(file_id)
    assert httpx.post(f"{url}/api/login/", data={"email": ADMIN, "password": PASSWORD}).status_code == 200
    expect(browser.open("/admin/files/").locator("table.model-list")).to_be_visible()
    assert page.request.post(f"{url}/admin/login/", form={"email": ADMIN, "password": PASSWORD}).status == 400


def test_rows_cannot_be_made_edited_or_read_past_what_is_shown(browser: Tab) -> None:
    browser.sign_in("/admin/tasks/")
    url, ask = browser.service.url, browser.page.request
    for path in ("tasks/new/", "tasks/edit/?id=1", "files/new/", "files/edit/?id=1", "users/new/"):
        assert "<form" not in ask.get(f"{url}/admin/{path}", max_redirects=0).text()
    for path in ("users/details/?id=1", "users/", "users/edit/?id=1", "files/", "tasks/"):
        text = ask.get(f"{url}/admin/{path}").text()
        assert not re.search(r"argon2|password_hash|storage_key|current_jti", text), path
    for odd in ("x", "9" * 40, "-1", ""):
        assert ask.get(f"{url}/admin/users/details/?id={odd}").status == 200


def test_logging_in_leads_only_to_pages_of_this_service(service: Running) -> None:
    for target in ("https://example.com/", "//example.com", "/admin\\x", "/api/", "/admin/../api", "javascript:1"):
        with httpx.Client(base_url=service.url) as http:
            page = http.get("/admin/login/", params={"next": target}).text
            token = re.findall(r'name="csrf_token" type="hidden" value="([^"]+)"', page)[0]
            body = {"email": ADMIN, "password": PASSWORD, "csrf_token": token}
            answer = http.post("/admin/login/", params={"next": target}, data=body)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/admin/")


def test_guessing_passwords_is_slowed_down(service: Running, client: Client) -> None:
    with httpx.Client(base_url=service.url) as http:
        statuses = []
        for _ in range(7):
            page = http.get("/admin/login/").text
            token = re.findall(r'name="csrf_token" type="hidden" value="([^"]+)"', page)[0]
            body = {"email": client.email, "password": "guess", "csrf_token": token}
            answer = http.post("/admin/login/", data=body)
            statuses.append(answer.status_code)
    assert statuses[-1] == 429
    assert int(answer.headers["Retry-After"]) > 0
