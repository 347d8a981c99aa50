"""`python -m csvapi_build`, in the root of the sources: build the kernel beside them, and say what came of it.

With `--requires` it only says what has to be installed first, if anything.
"""

from __future__ import annotations

import sys

from csvapi_build import compiling, inplace


def main() -> None:
    if sys.argv[1:] == ["--requires"]:
        print(*([] if inplace.up_to_date() else compiling.requirements()), sep="\n")
        return
    print(inplace.place(compiling.build()).splitlines()[0])


if __name__ == "__main__":
    main()
