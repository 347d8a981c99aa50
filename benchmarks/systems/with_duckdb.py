"""DuckDB at its best for this: every column text, the order kept; MEMORY_LIMIT sets its limit."""

import os
import sys
import tempfile

import duckdb

case, source, target = sys.argv[1:]
with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as spill:
    db = duckdb.connect(config={"temp_directory": spill})
    if limit := os.environ.get("MEMORY_LIMIT"):
        db.execute(f"SET memory_limit = '{limit}'")
    rows = f"read_csv('{source}', all_varchar = true, header = true, null_padding = false)"
    names = ", ".join(f'"{column[0]}"' for column in db.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall())
    numbered = f"(SELECT *, row_number() OVER () AS row_ FROM {rows})"
    if case == "dedup":
        query = f"SELECT {names} FROM (SELECT {names}, min(row_) AS row_ FROM {numbered} GROUP BY ALL) ORDER BY row_"
    elif case == "unique":
        key = f'"{os.environ["KEY"]}"'
        query = f"SELECT {names} FROM {numbered} WHERE row_ IN (SELECT min(row_) FROM {numbered} GROUP BY {key})"
    else:
        number = f'TRY_CAST("{os.environ["NUMBER"]}" AS DOUBLE) >= {os.environ["LEAST"]}'
        query = (
            f"""SELECT * FROM {rows} WHERE {number} AND contains("{os.environ["TEXT"]}", '{os.environ["NEEDLE"]}')"""
        )
    packed = ", COMPRESSION gzip" if target.endswith(".gz") else ""
    db.execute(f"COPY ({query}) TO '{target}' (HEADER, DELIMITER ','{packed})")
    db.close()
