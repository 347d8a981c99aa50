"""DuckDB at its best for this: every column text, the order kept; MEMORY_LIMIT sets its limit."""

import json
import os
import sys
import tempfile

import duckdb

TYPES = {"integer": "BIGINT", "number": "DOUBLE", "date": "DATE"}


def read(path):
    return f"read_csv('{path}', all_varchar = true, header = true, null_padding = false)"


def word(name):
    return os.environ[name]


def number(column):
    return f'TRY_CAST("{column}" AS DOUBLE)'


class Queries:
    """`rows` is the file; `numbered` has `row_` besides its columns, which are `names`."""

    def __init__(self, db, source):
        self.db, self.rows = db, read(source)
        self.columns = [column[0] for column in db.execute(f"DESCRIBE SELECT * FROM {self.rows}").fetchall()]
        self.names = ", ".join(f'"{column}"' for column in self.columns)
        self.numbered = f"(SELECT *, row_number() OVER () AS row_ FROM {self.rows})"

    def dedup(self):
        first = f"SELECT {self.names}, min(row_) AS row_ FROM {self.numbered} GROUP BY ALL"
        return f"SELECT {self.names} FROM ({first}) ORDER BY row_"

    def unique(self):
        first = f'SELECT min(row_) FROM {self.numbered} GROUP BY "{word("KEY")}"'
        return f"SELECT {self.names} FROM {self.numbered} WHERE row_ IN ({first})"

    def filter(self):
        found = f"""contains("{word("TEXT")}", '{word("NEEDLE")}')"""
        return f"SELECT * FROM {self.rows} WHERE {number(word('NUMBER'))} >= {word('LEAST')} AND {found}"

    def sort(self):
        return f"SELECT {self.names} FROM {self.numbered} ORDER BY {number(word('NUMBER'))} NULLS LAST, row_"

    def sort_text(self):
        return f'SELECT {self.names} FROM {self.numbered} ORDER BY "{word("KEY")}", row_'

    def select(self):
        chosen = ", ".join(f'"{column}"' for column in word("SOME").split())
        return f"SELECT {chosen} FROM {self.rows}"

    def rename(self):
        return f'SELECT * RENAME ("{word("KEY")}" AS renamed) FROM {self.rows}'

    def set(self):
        changed = ", ".join(f'upper(trim("{column}")) AS "{column}"' for column in word("SOME").split()[:2])
        return f"SELECT * REPLACE ({changed}) FROM {self.rows}"

    def derive(self):
        return f"""SELECT *, "{word("KEY")}" || ' (' || "{word("FEW")}" || ')' AS derived FROM {self.rows}"""

    def split_column(self):
        parts = ", ".join(f"parts_[{number}] AS {name}" for number, name in enumerate(("year", "month", "day"), 1))
        after = self.columns.index(word("DAY")) + 1
        before, rest = (
            ", ".join(f'"{name}"' for name in part) for part in (self.columns[:after], self.columns[after:])
        )
        split = f"SELECT *, string_split(\"{word('DAY')}\", '-') AS parts_ FROM {self.rows}"
        return f"SELECT {before}, {parts}, {rest} FROM ({split})"

    def explode(self):
        text = word("TEXT")
        return f"""SELECT * REPLACE (unnest(string_split("{text}", ' ')) AS "{text}") FROM {self.rows}"""

    def unpivot(self):
        *values, index = word("SOME").split()
        names = ", ".join(f'"{name}"' for name in values)
        chosen = f'SELECT "{index}", {names} FROM {self.rows}'
        return f"FROM ({chosen}) UNPIVOT INCLUDE NULLS (value FOR name IN ({names}))"

    def whole(self):
        return f"SELECT * FROM {self.rows}"

    normalise = ndjson = parquet = whole  # the form says the rest

    def join(self):
        both = f'{self.numbered} JOIN {read(word("SECOND"))} USING ("{word("KEY")}")'
        return f"SELECT * EXCLUDE row_ FROM (SELECT * FROM {both} ORDER BY row_)"

    def frequency(self):
        counts = f'SELECT "{word("KEY")}" AS value, count(*) AS count FROM {self.rows} GROUP BY ALL'
        return f"{counts} ORDER BY count DESC, value"

    def group(self):
        return self._grouped(word("FEW"))

    def group_many(self):
        return self._grouped(word("KEY"))

    def _grouped(self, by):
        name, value = word("NUMBER"), number(word("NUMBER"))
        figures = (
            f"count(*) AS count, sum({value}) AS {name}_sum, avg({value}) AS {name}_mean, "
            f"min({value}) AS {name}_min, max({value}) AS {name}_max"
        )
        return f'SELECT "{by}", {figures} FROM {self.numbered} GROUP BY "{by}" ORDER BY min(row_)'

    def pivot(self):
        day, few, value = word("DAY"), word("FEW"), number(word("NUMBER"))
        sums = f'SELECT "{day}", "{few}", {value} AS value, row_ FROM {self.numbered}'
        names = self.db.execute(f'SELECT "{few}" FROM {self.numbered} GROUP BY 1 ORDER BY min(row_)').fetchall()
        made = ", ".join(f'sum(value) FILTER ("{few}" = \'{name}\') AS "{name}"' for (name,) in names)
        return f'SELECT "{day}", {made} FROM ({sums}) GROUP BY "{day}" ORDER BY min(row_)'

    def dedup_max(self):
        order = f'PARTITION BY "{word("KEY")}" ORDER BY {number(word("NUMBER"))} DESC NULLS LAST, row_'
        kept = f"SELECT * FROM {self.numbered} QUALIFY row_number() OVER ({order}) = 1"
        return f"SELECT {self.names} FROM ({kept}) ORDER BY row_"

    def diff(self):
        key, others = word("ID"), [name for name in self.columns if name != word("ID")]
        old = f"(SELECT *, row_number() OVER () AS row_ FROM {read(word('SECOND'))})"
        differs = " OR ".join(f'n."{name}" IS DISTINCT FROM o."{name}"' for name in others)
        alone = "WHEN n.row_ IS NULL THEN 'removed' WHEN o.row_ IS NULL THEN 'added'"
        change = f"CASE {alone} WHEN {differs} THEN 'changed' END"
        shown = ", ".join([f'n."{name}"' for name in others] + [f'o."{name}" AS "{name} (old)"' for name in others])
        both = f'{self.numbered} n FULL JOIN {old} o USING ("{key}")'
        found = f'SELECT {change} AS change, "{key}", {shown} FROM {both} WHERE {change} IS NOT NULL'
        return f"{found} ORDER BY n.row_, o.row_"

    def similar(self):
        """The first record of each set of words without case, accents and punctuation."""
        text = f"""regexp_replace(lower(strip_accents("{word("KEY")}")), '[[:punct:]]', '', 'g')"""
        for letter, plain in zip("øłđæß", ("o", "l", "d", "ae", "ss"), strict=True):
            text = f"replace({text}, '{letter}', '{plain}')"
        words = f"list_sort(list_distinct(string_split_regex(trim({text}), '\\s+')))"
        first = f"SELECT min(row_) FROM {self.numbered} GROUP BY {words}"
        return f"SELECT {self.names} FROM {self.numbered} WHERE row_ IN ({first}) ORDER BY row_"

    def profile(self):
        figures = ", ".join(map(self._figures, self.columns))
        return f"SELECT unnest(figures, recursive := true) FROM (SELECT [{figures}] AS figures FROM {self.rows})"

    def _figures(self, column):
        text = f"nullif(\"{column}\", '')"
        value, mean = (
            (number(column), f"avg({number(column)})") if column in word("NUMBERS").split() else (text, "NULL::DOUBLE")
        )
        return (
            f"{{'column': '{column}', 'records': count(*), 'empty': count(*) - count({text}), "
            f"'distinct_estimate': approx_count_distinct({text}), 'min': min({value})::VARCHAR, "
            f"'max': max({value})::VARCHAR, 'mean': {mean}, 'longest': max(length({text}))}}"
        )

    def validate(self):
        fields = json.loads(word("SCHEMA"))["fields"]
        rules = [_violated(field) for field in fields]
        shown = ", ".join(
            f"{{'column': '{field['name']}', 'value': \"{field['name']}\", 'rule': {rule}}}"
            for field, rule in zip(fields, rules, strict=True)
        )
        bad = f"SELECT * FROM {self.numbered} WHERE coalesce({', '.join(rules)}) IS NOT NULL ORDER BY row_"
        each = f"list_filter([{shown}], lambda each: each.rule IS NOT NULL)"
        return f'SELECT row_ AS "row", unnest({each}, recursive := true) FROM ({bad})'


def _violated(field):
    """The first rule that a cell violates, else NULL."""
    name, rules = field["name"], field.get("constraints", {})
    checks = [f"WHEN coalesce(\"{name}\", '') = '' THEN " + ("'required'" if rules.get("required") else "NULL")]
    if field["type"] != "string":
        value = f'TRY_CAST("{name}" AS {TYPES[field["type"]]})'
        checks.append(f"WHEN {value} IS NULL THEN 'type'")
    if "pattern" in rules:
        checks.append(f"WHEN NOT regexp_full_match(\"{name}\", '{rules['pattern']}') THEN 'pattern'")
    if "minimum" in rules:
        checks.append(f"WHEN {value} < {rules['minimum']} THEN 'minimum'")
    return f"CASE {' '.join(checks)} END"


case, source, target = sys.argv[1:]
with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as spill:
    db = duckdb.connect(config={"temp_directory": spill})
    if limit := os.environ.get("MEMORY_LIMIT"):
        db.execute(f"SET memory_limit = '{limit}'")
    query = getattr(Queries(db, source), case.replace("-", "_"))()
    packed = ", COMPRESSION gzip" if target.endswith(".gz") else ""
    form = {"ndjson": "FORMAT json", "parquet": "FORMAT parquet"}.get(
        case, f"FORMAT csv, HEADER, DELIMITER ','{packed}"
    )
    db.execute(f"COPY ({query}) TO '{target}' ({form})")
    db.close()
