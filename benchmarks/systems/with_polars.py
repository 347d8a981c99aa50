"""Polars at its best for this: lazy, streaming, every column text, the order kept."""

import os
import sys

import polars as pl

case, source, target = sys.argv[1:]
table = pl.scan_csv(source, infer_schema=False, empty_string_is_null=False)
if case == "dedup":
    table = table.unique(keep="first", maintain_order=True)
elif case == "unique":
    table = table.unique(subset=os.environ["KEY"], keep="first", maintain_order=True)
else:
    number = pl.col(os.environ["NUMBER"]).cast(pl.Float64, strict=False) >= int(os.environ["LEAST"])
    table = table.filter(number & pl.col(os.environ["TEXT"]).str.contains(os.environ["NEEDLE"], literal=True))
table.sink_csv(target, engine="streaming")
