"""A run on a cluster, from an object of a bucket to others.

What the run leaves on its way lies below a prefix that is named after what was asked for: the same command, given again
after it was killed, goes on where it was.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from csvapi.blame import blaming
from csvapi.commands.dialect import of_ends
from csvapi.commands.objects import is_object, objects
from csvapi.config import load
from csvapi.csvio.detection import HEAD
from csvapi.csvio.preview import head
from csvapi.engines import cluster
from csvapi.engines.cluster.bucket import ObjectSource
from csvapi.engines.cluster.fitness import Others, most_of_others, unfit
from csvapi.errors import CsvapiError, Unavailable, WorkerLost
from csvapi.native.loader import load as load_kernel
from csvapi.operations import files_of, load_steps, with_names
from csvapi.storage.pinned import split
from csvapi.unpacking import packed_format

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from pathlib import Path

    from csvapi.commands.arguments import Request
    from csvapi.commands.progress import Bar
    from csvapi.csvio.data_warnings import DataWarning
    from csvapi.csvio.dialect import Dialect
    from csvapi.engines.receipt import Receipt
    from csvapi.storage.objects import Objects

_WORK = "csvapi-work/"


def check(request: Request, parser: ArgumentParser) -> None:
    """With a cluster, what is read and written must lie in buckets, what is written in one; else a mistake of usage."""
    if not is_object(request.source) or not is_object(request.output):
        parser.error("--cluster works from bucket to bucket: INPUT and -o must be addresses such as s3://bucket/key")
    for flag, name in (("--dropped", request.dropped), ("--explain", request.explain)):
        if name and split(name)[0] != split(request.output)[0]:
            parser.error(f"{flag} must be an object of the bucket of -o, such as s3://{split(request.output)[0]}/key")


@dataclass
class ClusterRun:
    """One run; `unfit` says why the cluster cannot do it, "" where it can."""

    request: Request
    bucket: Objects
    size: int
    etag: str
    dialect: Dialect
    warnings: list[DataWarning]
    unfit: str = ""

    @classmethod
    def of(cls, request: Request) -> ClusterRun:
        """Look at the object: its first and last bytes are read. Raises as detection does, and StorageDown."""
        bucket = objects(request.output)
        size, etag = bucket.look(request.source)
        first, last = _ends(bucket, request.source, size)
        if packed_format(first):
            return cls(
                request,
                bucket,
                size,
                etag,
                of_ends(b"a\n1\n", b"", 4, {})[0],
                [],
                "a packed file cannot be cut, such as one of gzip",
            )
        found, warnings = of_ends(first, last, size, request.dialect)
        run = cls(request, bucket, size, etag, found, warnings)
        run.unfit = run._unfit()
        return run

    def _unfit(self) -> str:
        options, source, steps = self.request.options, self.request.source, load_steps(self.request.steps)
        if not all(is_object(str(name)) for _, name in files_of(steps)):
            return "a step reads a file of this machine"
        most, others = most_of_others(load().cluster_range, options.memory), self._others()
        sizes = {name: self.bucket.look(name)[0] for name in others}
        opened = ObjectSource.at(self.bucket, source, self.etag, self.size, self.dialect)
        because = unfit(
            steps,
            head(opened, limit=options.max_record, most=options.max_columns).columns,
            self.dialect,
            native=load_kernel() is not None,
            others=Others(sizes, {name: each.dialect for name, each in others.items()}, most),
        )
        return because or self.bucket.lacks(source)

    def _others(self) -> dict[str, cluster.File]:
        """The other files that steps read, by their addresses."""
        found: dict[str, cluster.File] = {}
        for pointer, name in files_of(load_steps(self.request.steps)):
            address = str(name)
            with blaming(address, pointer):
                size, etag = self.bucket.look(address)
                found[address] = cluster.File(
                    address, of_ends(*_ends(self.bucket, address, size), size, {})[0], None, etag
                )
        return found

    def run(self, workspace: Path, bar: Bar) -> Receipt:
        """Run it; what it left on its way goes, unless the same command may go on with it."""
        address, steps = self.request.cluster or "", with_names(self.request.steps, self._name)
        prefix = f"{_WORK}{self._digest()}/"
        try:
            receipt = cluster.run(
                cluster.File(self.request.source, self.dialect, None, self.etag),
                steps,
                self._targets(prefix),
                bucket=self.bucket,
                prefix=prefix,
                cluster=cluster.connect(address),
                options=self.request.options,
                workspace=workspace,
                progress=bar,
                split=cluster.Split(size=load().cluster_range),
                files=self._others(),
            )
        except (Unavailable, WorkerLost):
            raise
        except CsvapiError:
            self.bucket.clear(prefix)
            raise
        self.bucket.clear(prefix)
        receipt.warnings[:0] = self.warnings
        return receipt

    def _name(self, name: object) -> str:
        return str(name or self.request.source).rpartition("/")[2]

    def _targets(self, prefix: str) -> cluster.Targets:
        """The keys of the outputs; what is not wanted beside one that is goes with the rest."""
        given = {"dropped": self.request.dropped, "reasons": self.request.explain}
        main = split(self.request.output)[1]
        if not any(given.values()):
            return cluster.Targets(main)
        keys = [split(name)[1] if name else f"{prefix}unwanted-{what}" for what, name in given.items()]
        return cluster.Targets(main, *keys)

    def _digest(self) -> str:
        """A name for what was asked for."""
        request = self.request
        asked = [request.source, self.etag, self.dialect.as_json(), request.steps, request.options.as_json()]
        outputs = [request.output, request.dropped, request.explain, str(request.options)]
        return hashlib.sha256(json.dumps([asked, outputs]).encode()).hexdigest()[:32]


def _ends(bucket: Objects, address: str, size: int) -> tuple[bytes, bytes]:
    """The first and last bytes of an object."""
    spans = [(0, min(size, HEAD)), (max(min(size, HEAD), size - HEAD), size)]
    first, last = (b"".join(bucket.read(address, *span, HEAD)) for span in spans)
    return first, last
