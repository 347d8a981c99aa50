"""pandas as people write it; values become what pandas takes them for, but where only the shape of a table changes."""

import os
import sys

import pandas as pd

case, source, target = sys.argv[1:]
RESHAPED = ("derive", "split-column", "explode", "unpivot", "transpose")
table = pd.read_csv(source, dtype=str, keep_default_na=False) if case in RESHAPED else pd.read_csv(source)
if case == "dedup":
    table = table.drop_duplicates()
elif case == "unique":
    table = table.drop_duplicates(subset=os.environ["KEY"])
elif case == "derive":
    table["derived"] = table[os.environ["KEY"]] + " (" + table[os.environ["FEW"]] + ")"
elif case == "split-column":
    after = table.columns.get_loc(os.environ["DAY"]) + 1
    parts = table[os.environ["DAY"]].str.split("-", n=2, expand=True).set_axis(["year", "month", "day"], axis=1)
    table = pd.concat([table.iloc[:, :after], parts, table.iloc[:, after:]], axis=1)
elif case == "explode":
    text = os.environ["TEXT"]
    table = table.assign(**{text: table[text].str.split(" ")}).explode(text)
elif case == "unpivot":
    *values, index = os.environ["SOME"].split()
    table = table.melt(id_vars=index, value_vars=values, var_name="name")
elif case == "transpose":
    first = table.columns[0]
    table = table.set_index(first).T.rename_axis(first).reset_index()
else:
    number = table[os.environ["NUMBER"]] >= int(os.environ["LEAST"])
    text = table[os.environ["TEXT"]].astype(str).str.contains(os.environ["NEEDLE"], regex=False)
    table = table[number & text]
table.to_csv(target, index=False)
