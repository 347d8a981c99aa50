"""A task whose key is gone, or is another one, by the time it runs."""

from __future__ import annotations

from typing import Any

import pytest

from csvapi.services import hash_keys, pipelines
from tests.services.alone import alone, ann, environ, row, run
from tests.stack import Account

__all__ = ["alone", "ann", "environ"]
HASH: dict[str, Any] = {"op": "derive", "column": "who", "hash": {"column": "email", "key": "partners"}}


@pytest.mark.parametrize("made_anew", [False, True])
def test_a_task_whose_key_was_deleted_fails_and_says_why(ann: Account, made_anew: bool) -> None:
    key = hash_keys.create(ann.id, "partners", hash_keys.key_of(None))
    task = pipelines.submit(ann.id, {"input": ann.upload(b"id,email\n1,a@example.com\n"), "steps": [HASH]})
    assert key.fingerprint in str(task.steps)
    hash_keys.delete(ann.id, key.id)
    if made_anew:
        hash_keys.create(ann.id, "partners", hash_keys.key_of(None))
    run(task.id)
    failed = row(task.id)
    assert (failed.status, failed.error_code, failed.result_file_id) == ("failed", "invalid_input", None)
    says = "another key makes other hashes" if made_anew else "there is no hash key 'partners', or it was deleted"
    assert says in str(failed.error_detail)
