"""The pages of the single sign-on say the same in both languages."""

from __future__ import annotations

import re
from pathlib import Path

from csvapi.web.single_sign_on.words import DE, EN

ROOT = Path(__file__).parents[2] / "csvapi" / "web"


def test_every_string_is_there_in_both_languages_and_is_used() -> None:
    assert DE.keys() == EN.keys()
    assert {key: names(DE[key]) for key in EN} == {key: names(EN[key]) for key in EN}
    files = [*(ROOT / "templates" / "account").glob("*.html"), *(ROOT / "single_sign_on").glob("*.py")]
    used = set(
        re.findall(r'(?:say\(|if form.csrf_token.errors else )"(\w+)"', "".join(path.read_text() for path in files))
    )
    assert used == set(EN)


def names(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))
