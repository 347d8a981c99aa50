"""rq-dashboard, in a browser: what it shows, and that it changes nothing."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.waiting import until
from tests.web.browser import Client, Tab
from tests.web.test_admin import stored


def failed_task(browser: Tab, client: Client) -> str:
    before = stored(browser.service)
    file_id = client.upload()
    (path,) = stored(browser.service) - before
    path.unlink()
    task_id = client.start(file_id)
    until(lambda: client.status(task_id) == "FAILURE")
    return task_id


def test_queues_workers_and_a_failed_job_are_readable(browser: Tab, client: Client) -> None:
    task_id = failed_task(browser, client)
    page = browser.sign_in("/rq/")
    expect(page.locator("#queues tbody")).to_contain_text("csvapi")
    browser.shot("rq-queues")
    page.click("text=Workers")
    expect(page.locator("#workers [data-role=worker]").first).to_be_visible()
    browser.shot("rq-workers")
    browser.open("/rq/0/view/jobs/csvapi-small/failed/8/dsc/1")
    job = page.locator(f"[data-job-id='{task_id}']")
    expect(job).to_contain_text("missing from the storage")
    expect(job.locator("text=Requeue")).to_be_hidden()
    browser.shot("rq-failed")
    job.locator(f"text={task_id}").last.click()
    expect(page.locator("#job-data")).to_contain_text("missing from the storage")
    expect(page.locator("#job-data")).to_contain_text("failed")
    browser.shot("rq-job")


def test_nothing_is_changed_there(browser: Tab, client: Client) -> None:
    task_id = failed_task(browser, client)
    browser.sign_in("/rq/")
    url, ask = browser.service.url, browser.page.request
    for path in (f"job/{task_id}/requeue", f"job/{task_id}/delete", "queue/csvapi/failed/empty", "requeue/csvapi"):
        assert ask.post(f"{url}/rq/{path}").status == 403
    assert ask.get(f"{url}/rq/requeue/csvapi").status == 403
    assert ask.get(f"{url}/rq/1/view/queues").status == 404
    assert client.status(task_id) == "FAILURE"
