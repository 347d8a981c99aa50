"""Write the software bill of materials: every locked dependency and every vendored script, in CycloneDX 1.6.

    python scripts/sbom.py [FILE]     (dist/csvapi.cdx.json)

Versions and hashes are those of requirements.lock; licences, and which needs which, are what the installed packages
declare. The same lock in the same environment gives the same bytes. Specification: https://cyclonedx.org/docs/1.6/json/
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator
from configparser import ConfigParser
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import csvapi

ROOT = Path(__file__).parents[1]
EXTRAS = ("parquet", "xlsx", "s3", "sftp", "dask", "oidc", "sentry", "otel")  # what the lock was made with
VENDORED = {  # names of scripts/vendor.sh
    "SWAGGER_UI": ("swagger-ui-dist", "Apache-2.0"),
    "REDOC": ("redoc", "MIT"),
    "PREACT": ("preact", "MIT"),
    "HTM": ("htm", "Apache-2.0"),
    "SIGNALS": ("@preact/signals", "MIT"),
    "SIGNALS_CORE": ("@preact/signals-core", "MIT"),
}
Json = dict[str, Any]


def bill() -> Json:
    locked = list(read_lock((ROOT / "requirements.lock").read_text()))
    vendored = [script(*found) for found in vendored_versions()]
    known = {canonicalize_name(requirement.name): reference(requirement) for requirement, _ in locked}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": this_package()},
        "components": [*(package(*entry) for entry in locked), *vendored],
        "dependencies": dependencies(known, [str(part["bom-ref"]) for part in vendored]),
    }


def read_lock(text: str) -> Iterator[tuple[Requirement, list[str]]]:
    for line in text.replace("\\\n", " ").splitlines():
        if line and not line.startswith("#"):
            yield Requirement(line.partition(" --hash=")[0]), re.findall(r"sha256:([0-9a-f]{64})", line)


def reference(requirement: Requirement) -> str:
    (specifier,) = requirement.specifier
    return f"pkg:pypi/{canonicalize_name(requirement.name)}@{specifier.version}"


def this_package() -> Json:
    purl = f"pkg:pypi/csv-processing-api@{csvapi.__version__}"
    return {
        "type": "application",
        "bom-ref": purl,
        "name": "csv-processing-api",
        "version": csvapi.__version__,
        "purl": purl,
        "licenses": [{"license": {"id": "MIT"}}],
    }


def package(requirement: Requirement, hashes: list[str]) -> Json:
    """A dependency; each of its published files is one external reference, since a hash is a file's."""
    (specifier,) = requirement.specifier
    purl = reference(requirement)
    found: Json = {
        "type": "library",
        "bom-ref": purl,
        "name": canonicalize_name(requirement.name),
        "version": specifier.version,
        "purl": purl,
        "externalReferences": [
            {"type": "distribution", "url": purl, "hashes": [{"alg": "SHA-256", "content": digest}]}
            for digest in hashes
        ],
    }
    if licences := licences_of(installed(requirement.name)):
        found["licenses"] = licences
    if requirement.marker:
        found["properties"] = [{"name": "csvapi:only", "value": str(requirement.marker)}]
    return found


def installed(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:  # not on this machine: a marker says so
        return None


def licences_of(found: Distribution | None) -> list[Json]:
    """An SPDX expression where the package declares one, else the names it uses; never the text of a whole licence."""
    if found is None:
        return []
    if expression := found.metadata.get("License-Expression"):
        return [{"expression": expression}]
    classified = [line.split(" :: ")[-1] for line in found.metadata.get_all("Classifier") or [] if "License ::" in line]
    named = (found.metadata.get("License") or "").strip()
    names = classified or ([named] if named and "\n" not in named else [])
    return [{"license": {"name": name}} for name in names]


def vendored_versions() -> Iterator[tuple[str, str, str]]:
    text = (ROOT / "scripts" / "vendor.sh").read_text()
    for name, version in re.findall(r"\b([A-Z_]+)=(\d+\.\d+\.\d+)", text):
        yield (*VENDORED[name], version)


def script(name: str, licence: str, version: str) -> Json:
    purl = f"pkg:npm/{name.replace('@', '%40')}@{version}"
    return {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "purl": purl,
        "licenses": [{"license": {"id": licence}}],
    }


def dependencies(known: dict[str, str], vendored: list[str]) -> list[Json]:
    """Which needs which, from what setup.cfg asks for on, with the extras that are asked for on the way."""
    config = ConfigParser()
    config.read(ROOT / "setup.cfg")
    texts = [config["options"]["install_requires"], *(config["options.extras_require"][extra] for extra in EXTRAS)]
    first = asked((line for text in texts for line in text.splitlines() if line and not line.startswith("#")), "")
    edges: dict[str, set[str]] = {ref: set() for ref in [str(this_package()["bom-ref"]), *known.values(), *vendored]}
    edges[str(this_package()["bom-ref"])].update(vendored, (known[canonicalize_name(item.name)] for item in first))
    seen, waiting = set[tuple[str, str]](), first
    while waiting:
        needed = waiting.pop()
        name = canonicalize_name(needed.name)
        for extra in {"", *needed.extras} - {extra for other, extra in seen if other == name}:
            seen.add((name, extra))
            further = asked(distribution(name).requires or [], extra)
            edges[known[name]].update(known[canonicalize_name(item.name)] for item in further)
            waiting += further
    return [{"ref": ref, "dependsOn": sorted(needs)} for ref, needs in edges.items()]


def asked(lines: Iterable[str], extra: str) -> list[Requirement]:
    found = map(Requirement, lines)
    return [item for item in found if item.marker is None or item.marker.evaluate({"extra": extra})]


def main() -> None:
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "dist" / "csvapi.cdx.json"
    found = bill()
    found["serialNumber"] = f"urn:uuid:{uuid5(NAMESPACE_URL, json.dumps(found))}"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(found, indent=2) + "\n")
    print(f"{target}: {len(found['components'])} components")


if __name__ == "__main__":
    main()
