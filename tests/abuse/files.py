"""Small uploads that are large to somebody: for a reader, a writer, a list, or an operation."""

from __future__ import annotations

import gzip
from typing import NamedTuple

KIB, MIB = 1 << 10, 1 << 20


class Upload(NamedTuple):
    name: str
    content: bytes
    media_type: str = "text/csv"
    encoding: str = ""


def uploads() -> list[Upload]:
    """Each about 1 MiB or less; one of 6 MiB whose only record never ends."""
    wide = ",".join(f"c{number}" for number in range(20_000)).encode()
    return [
        Upload("small.csv", b"k,id,name,v\n" + b"".join(b"a,%d,n%d,%d\n" % (n, n % 7, n) for n in range(50))),
        Upload("letters.csv", b"k,id\n" + b"a" * MIB + b",1\n"),
        Upload("records.csv", b"k,id\n" + b"a,1\n" * (MIB // 4)),
        Upload("equal.csv", b"k,id,name,v\n" + b"same,1,n,v\n" * 20_000),
        Upload("long-name.csv", b"n" * (500 * KIB) + b",id\n" + b"1,2\n" * 800),
        Upload("wide.csv", wide + b"\n" + b"x\n" * 20_000),
        Upload("open-quote.csv", b'id,name\n1,"' + b"a\n" * (3 * MIB)),
        Upload("quotes.csv", b"k,v\n" + b'"a"b"c"""d,"x\n' * (MIB // 16)),
        Upload("numbers.csv", b"v\n" + b"1e399\n-1e-399\n" * 30_000),
        Upload("empty-lines.csv", b"k\n" + b"\n" * MIB),
        Upload("bomb.csv", gzip.compress(b"k,v\n" + b"a,1\n" * (32 * MIB)), encoding="gzip"),
        Upload("nothing.csv", b""),
        Upload("zeros.csv", bytes(MIB)),
        Upload("years.csv", b"k,v\n" + b"2024-01-31T25:61:61+99:99,\xff\xfe\n" * 30_000),
    ]
