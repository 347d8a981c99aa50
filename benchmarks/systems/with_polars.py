"""Polars at its best for this: lazy, streaming, every column text, the order kept."""

import json
import os
import sys

import polars as pl

VALUES = {
    "integer": lambda text: text.cast(pl.Int64, strict=False),
    "number": lambda text: text.cast(pl.Float64, strict=False),
    "date": lambda text: text.str.to_date("%Y-%m-%d", strict=False),
    "string": lambda text: text,
}


def read(path):
    return pl.scan_csv(path, infer_schema=False, empty_string_is_null=False)


def word(name):
    return os.environ[name]


def number(column):
    return pl.col(column).cast(pl.Float64, strict=False)


def dedup(table):
    return table.unique(keep="first", maintain_order=True)


def unique(table):
    return table.unique(subset=word("KEY"), keep="first", maintain_order=True)


def where(table):
    found = pl.col(word("TEXT")).str.contains(word("NEEDLE"), literal=True)
    return table.filter((number(word("NUMBER")) >= int(word("LEAST"))) & found)


def sort(table):
    return table.sort(number(word("NUMBER")), maintain_order=True, nulls_last=True)


def sort_text(table):
    return table.sort(word("KEY"), maintain_order=True)


def select(table):
    return table.select(word("SOME").split())


def rename(table):
    return table.rename({word("KEY"): "renamed"})


def change(table):
    return table.with_columns(pl.col(*word("SOME").split()[:2]).str.strip_chars().str.to_uppercase())


def derive(table):
    return table.with_columns(derived=pl.format("{} ({})", word("KEY"), word("FEW")))


def split_column(table):
    day, names = word("DAY"), table.collect_schema().names()
    parts = pl.col(day).str.splitn("-", 3).struct.rename_fields(["year", "month", "day"]).alias("parts_")
    after = names.index(day) + 1
    return table.with_columns(parts).select(*names[:after], "parts_", *names[after:]).unnest("parts_")


def explode(table):
    return table.with_columns(pl.col(word("TEXT")).str.split(" ")).explode(word("TEXT"))


def unpivot(table):
    """Not its own unpivot, which has all records of one column before those of the next."""
    *values, index = word("SOME").split()
    pairs = {"name": pl.lit(pl.Series([values])).first(), "value": pl.concat_list(values)}
    return table.select(index, **pairs).explode("name", "value")


def transpose(table):
    first, *others = table.collect_schema().names()
    found = table.collect()
    return found.select(others).transpose(include_header=True, header_name=first, column_names=found[first]).lazy()


def join(table):
    return table.join(read(word("SECOND")), on=word("KEY"), how="inner", maintain_order="left")


def frequency(table):
    counts = table.group_by(pl.col(word("KEY")).alias("value")).agg(pl.len().alias("count"))
    return counts.sort("count", "value", descending=[True, False])


def group(table):
    return grouped(table, word("FEW"))


def group_many(table):
    return grouped(table, word("KEY"))


def grouped(table, by):
    name, values = word("NUMBER"), number(word("NUMBER"))
    figures = {"sum": values.sum(), "mean": values.mean(), "min": values.min(), "max": values.max()}
    made = [figure.alias(f"{name}_{of}") for of, figure in figures.items()]
    return table.group_by(by, maintain_order=True).agg(pl.len().alias("count"), *made)


def pivot(table):
    """It has to know the columns; what becomes of each combination is found out by streaming."""
    day, few, name = word("DAY"), word("FEW"), word("NUMBER")
    sums = table.group_by(day, few, maintain_order=True).agg(number(name).sum()).collect(engine="streaming")
    return sums.pivot(on=few, index=day, values=name, maintain_order=True).lazy()


def dedup_max(table):
    numbered = table.with_row_index("row_")
    by = number(word("NUMBER"))
    sorted_ = numbered.sort(by, "row_", descending=[True, False], nulls_last=True)
    return sorted_.unique(subset=word("KEY"), keep="first", maintain_order=True).sort("row_").drop("row_")


def diff(table):
    key, columns = word("ID"), [name for name in table.collect_schema().names() if name != word("ID")]
    old = read(word("SECOND")).with_row_index("old_")
    both = table.with_row_index("new_").join(old, on=key, how="full", coalesce=True, suffix=" (old)")
    differs = pl.any_horizontal(pl.col(name) != pl.col(f"{name} (old)") for name in columns)
    change = pl.when(pl.col("new_").is_null()).then(pl.lit("removed")).when(pl.col("old_").is_null())
    change = change.then(pl.lit("added")).when(differs).then(pl.lit("changed")).alias("change")
    found = both.with_columns(change).filter(pl.col("change").is_not_null())
    shown = ["change", *table.collect_schema().names(), *(f"{name} (old)" for name in columns)]
    return found.sort("new_", "old_", nulls_last=True).select(shown)


def similar(table):
    """The words without case, accents and punctuation, each once and in order; the first record of each such text."""
    text = pl.col(word("KEY")).str.to_lowercase().str.normalize("NFD").str.replace_all(r"\p{Mn}|[[:punct:]]", "")
    for letter, plain in zip("øłđæß", ("o", "l", "d", "ae", "ss"), strict=True):
        text = text.str.replace_all(letter, plain, literal=True)
    words = text.str.strip_chars().str.split(" ").list.eval(pl.element().filter(pl.element() != "")).list.unique()
    made = table.with_columns(words_=words.list.sort().list.join(" "))
    return made.unique(subset="words_", keep="first", maintain_order=True).drop("words_")


def figures(column):
    text = pl.col(column)
    values = number(column) if column in word("NUMBERS").split() else text.filter(text != "")
    return {
        "records": pl.len(),
        "empty": (text == "").sum(),
        "distinct_estimate": text.approx_n_unique(),
        "min": values.min().cast(pl.String),
        "max": values.max().cast(pl.String),
        "mean": values.mean() if column in word("NUMBERS").split() else pl.lit(None, pl.Float64),
        "longest": text.str.len_chars().max(),
    }


def profile(table):
    """All figures in one pass, then a record for each column."""
    wanted = {column: figures(column) for column in table.collect_schema().names()}
    each = [figure.alias(f"{column} {name}") for column, found in wanted.items() for name, figure in found.items()]
    row = table.select(each).collect(engine="streaming").row(0, named=True)
    return pl.LazyFrame(
        [{"column": column, **{name: row[f"{column} {name}"] for name in found}} for column, found in wanted.items()],
        infer_schema_length=None,
    )


def violated(field):
    """The first rule that a cell violates, else null."""
    text, rules = pl.col(field["name"]), field.get("constraints", {})
    value = VALUES[field["type"]](text)
    checks = [(value.is_null(), "type")]
    if "pattern" in rules:
        checks.append((~text.str.contains(f"^(?:{rules['pattern']})$"), "pattern"))
    if "minimum" in rules:
        checks.append((value < rules["minimum"], "minimum"))
    found = pl.when(text == "").then(pl.lit("required" if rules.get("required") else None, pl.String))
    for holds, rule in checks:
        found = found.when(holds).then(pl.lit(rule))
    return found


def validate(table):
    """The records with a violation in one pass, then a record for each violation."""
    fields = json.loads(word("SCHEMA"))["fields"]
    rules = {f"rule {field['name']}": violated(field) for field in fields}
    bad = table.with_row_index("row", 1).with_columns(**rules).filter(pl.any_horizontal(pl.col(*rules).is_not_null()))
    found = bad.collect(engine="streaming")
    each = [
        found.select("row", column=pl.lit(name), value=pl.col(name), rule=pl.col(f"rule {name}")).drop_nulls("rule")
        for name in (field["name"] for field in fields)
    ]
    return pl.concat(each).lazy().sort("row", maintain_order=True)


case, source, target = sys.argv[1:]
cases = {
    "dedup": dedup,
    "unique": unique,
    "filter": where,
    "sort": sort,
    "sort-text": sort_text,
    "join": join,
    "frequency": frequency,
    "group": group,
    "group-many": group_many,
    "pivot": pivot,
    "dedup-max": dedup_max,
    "diff": diff,
    "similar": similar,
    "profile": profile,
    "validate": validate,
    "select": select,
    "rename": rename,
    "set": change,
    "derive": derive,
    "split-column": split_column,
    "explode": explode,
    "unpivot": unpivot,
    "transpose": transpose,
}
table = read(source)
if case == "ndjson":
    table.sink_ndjson(target, engine="streaming")
elif case == "parquet":
    table.sink_parquet(target, engine="streaming")
elif case == "normalise":
    table.sink_csv(target, line_terminator="\r\n", engine="streaming")
else:
    cases[case](table).sink_csv(target, engine="streaming")
