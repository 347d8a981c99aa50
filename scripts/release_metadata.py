"""See that what a release publishes says the right things of itself: python scripts/release_metadata.py dist

`--image NAME REVISION` looks at the labels of an image instead; `--tag NAME REPOSITORY` at the tag that is released.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from zipfile import ZipFile

ROOT = Path(__file__).parents[1]
VERSION = re.findall(r'^__version__ = "(.+)"$', (ROOT / "csvapi" / "__init__.py").read_text(), re.MULTILINE)[0]
URLS = {"Documentation", "Source", "Changelog", "Issues"}
CLASSIFIERS = {"Framework :: Flask", "Operating System :: POSIX :: Linux", "Typing :: Typed"}
TAG = re.compile(r"py3-none-(?:(?:manylinux|musllinux)_\d+_\d+|linux)_(?:x86_64|aarch64)")
LABELS = {"title", "description", "version", "revision", "created", "source", "licenses", "base.name"}
NAME = "csv_processing_api"


def wrong(folder: Path) -> Iterator[str]:
    """What is wrong with the files of a release, a line each."""
    wheels, sdists = sorted(folder.glob(f"{NAME}-*.whl")), sorted(folder.glob(f"{NAME}-*.tar.gz"))
    if not wheels or len(sdists) != 1:
        yield f"{folder} holds {len(wheels)} wheels and {len(sdists)} sdists"
    for path in wheels:
        yield from (f"{path.name}: {fault}" for fault in wrong_wheel(path))
    for path in sdists:
        with tarfile.open(path) as archive:
            names = {name.partition("/")[2] for name in archive.getnames()}
            found = archive.extractfile(f"{path.name.removesuffix('.tar.gz')}/PKG-INFO")
            assert found is not None
            yield from (f"{path.name}: {fault}" for fault in wrong_metadata(message_from_bytes(found.read())))
        wanted = {"csvapi/native/kernel.c", "build_backend/csvapi_build/hooks.py", "docs/csvapi.1", "LICENSE"}
        yield from (f"{path.name}: {name} is not in it" for name in sorted(wanted - names))


def wrong_wheel(path: Path) -> Iterator[str]:
    """Its tag, what is in it, and its metadata."""
    tag = path.stem.removeprefix(f"{NAME}-{VERSION}-")
    if not all(TAG.fullmatch(f"py3-none-{each}") for each in tag.removeprefix("py3-none-").split(".")):
        yield f"the tag {tag} is not py3-none and a Linux platform: is the kernel in it?"
    with ZipFile(path) as archive:
        names = archive.namelist()
        (metadata,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        yield from wrong_metadata(message_from_bytes(archive.read(metadata)))
    wanted = {
        "csvapi/native/kernel.so",
        f"{NAME}-{VERSION}.data/data/share/man/man1/csvapi.1",
        f"{NAME}-{VERSION}.dist-info/licenses/LICENSE",
    }
    yield from (f"{name} is not in it" for name in sorted(wanted - set(names)))


def wrong_metadata(found: Message) -> Iterator[str]:
    """https://packaging.python.org/en/latest/specifications/core-metadata/"""
    if found["Version"] != VERSION:
        yield f"the version is {found['Version']}, not {VERSION}"
    if found["License-Expression"] != "MIT":
        yield "the licence is not MIT"
    urls = {line.split(",")[0] for line in found.get_all("Project-URL") or []}
    if lacking := URLS - urls:
        yield f"project URLs lack {', '.join(sorted(lacking))}"
    if lacking := CLASSIFIERS - set(found.get_all("Classifier") or []):
        yield f"classifiers lack {', '.join(sorted(lacking))}"
    if found["Requires-Python"] != ">=3.11":
        yield f"it requires Python {found['Requires-Python']}"
    if "never damages" not in str(found.get_payload()):
        yield "the README is not in it"


def wrong_image(name: str, revision: str) -> Iterator[str]:
    """Its labels: https://specs.opencontainers.org/image-spec/annotations/"""
    told = subprocess.check_output(["docker", "inspect", "--format", "{{json .Config.Labels}}", name])
    prefix = "org.opencontainers.image."
    labels = {key.removeprefix(prefix): value for key, value in json.loads(told).items() if key.startswith(prefix)}
    if lacking := LABELS - labels.keys():
        yield f"the image has no label {', '.join(sorted(lacking))}"
    for label, wanted in (("version", VERSION), ("revision", revision), ("licenses", "MIT")):
        if labels.get(label) != wanted:
            yield f"the label {label} is {labels.get(label)!r}, not {wanted!r}"


def wrong_tag(tag: str, repository: str) -> Iterator[str]:
    """The tag, the version, the CHANGELOG and the address in setup.cfg must agree before anything is published."""
    if tag != f"v{VERSION}":
        yield f"the tag is {tag}, and csvapi/__init__.py says {VERSION}"
    if f"\n## [{VERSION}] - " not in (ROOT / "CHANGELOG.md").read_text():
        yield f"CHANGELOG.md has no section for {VERSION}"
    if f"Source = {repository}\n" not in (ROOT / "setup.cfg").read_text():
        yield f"setup.cfg gives another address than {repository} as Source"


def main() -> int:
    match sys.argv[1:]:
        case ["--image", name, revision]:
            found = list(wrong_image(name, revision))
        case ["--tag", tag, repository]:
            found = list(wrong_tag(tag, repository))
        case [folder]:
            found = list(wrong(Path(folder)))
        case _:
            sys.exit(__doc__)
    print(*(found or ["nothing is wrong with what it says of itself"]), sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
