"""`make sbom` lists everything that csvapi is made of."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import csvapi
from tests.test_locks import entries

ROOT = Path(__file__).parents[1]


def test_the_bill_has_every_locked_version_with_its_hashes_and_every_vendored_script(tmp_path: Path) -> None:
    file = tmp_path / "new" / "bill.json"
    subprocess.run([sys.executable, ROOT / "scripts" / "sbom.py", file], check=True, env={"PYTHONPATH": str(ROOT)})
    bill = json.loads(file.read_text())
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", bill["serialNumber"])
    assert bill["metadata"]["component"]["version"] == csvapi.__version__
    found = {part["purl"]: part for part in bill["components"]}
    assert len(found) == len(bill["components"])
    locked = {
        f"pkg:pypi/{item.name}@{next(iter(item.specifier)).version}": hashes
        for item, hashes in entries("requirements.lock")
    }
    assert {purl for purl in found if purl.startswith("pkg:pypi/")} == locked.keys()
    for purl, hashes in locked.items():
        assert [file["hashes"][0]["content"] for file in found[purl]["externalReferences"]] == hashes
    versions = re.findall(r"=(\d+\.\d+\.\d+)", (ROOT / "scripts" / "vendor.sh").read_text())
    assert sorted(purl.split("@")[1] for purl in found if purl.startswith("pkg:npm/")) == sorted(versions)
    without = [purl for purl, part in found.items() if not part.get("licenses") and "properties" not in part]
    assert without == [], "say under which licence these come"


def test_the_bill_says_which_needs_which(tmp_path: Path) -> None:
    file = tmp_path / "bill.json"
    subprocess.run([sys.executable, ROOT / "scripts" / "sbom.py", file], check=True, env={"PYTHONPATH": str(ROOT)})
    bill = json.loads(file.read_text())
    needs = {
        item["ref"].split("@")[0]: {ref.split("@")[0] for ref in item["dependsOn"]} for item in bill["dependencies"]
    }
    assert {"pkg:pypi/flask", "pkg:pypi/sentry-sdk", "pkg:npm/redoc"} <= needs["pkg:pypi/csv-processing-api"]
    assert "pkg:pypi/werkzeug" in needs["pkg:pypi/flask"]
    assert "pkg:pypi/cryptography" in needs["pkg:pypi/pymysql"]  # by its extra `rsa`
    needed = set().union(*needs.values())
    build_or_other_pythons = {"pkg:pypi/setuptools", "pkg:pypi/async-timeout"}
    assert needs.keys() - needed - build_or_other_pythons == {"pkg:pypi/csv-processing-api"}
