"""The csv module as people write it: csv.reader to csv.writer, keys in a set."""

import csv
import os
import sys
from pathlib import Path

case, source, target = sys.argv[1:]
with (
    Path(source).open(newline="", encoding="utf-8") as file,
    Path(target).open("w", newline="", encoding="utf-8") as out,
):
    rows = csv.reader(file)
    writer = csv.writer(out, lineterminator="\n")
    header = next(rows)
    writer.writerow(header)
    if case == "filter":
        number, text = header.index(os.environ["NUMBER"]), header.index(os.environ["TEXT"])
        least, needle = int(os.environ["LEAST"]), os.environ["NEEDLE"]
        for row in rows:
            try:
                if float(row[number]) >= least and needle in row[text]:
                    writer.writerow(row)
            except ValueError:
                pass
    else:
        seen = set()
        key = header.index(os.environ["KEY"]) if case == "unique" else None
        for row in rows:
            value = tuple(row) if key is None else row[key]
            if value not in seen:
                seen.add(value)
                writer.writerow(row)
