"""pandas as people write it; values become what pandas takes them for."""

import os
import sys

import pandas as pd

case, source, target = sys.argv[1:]
table = pd.read_csv(source)
if case == "dedup":
    table = table.drop_duplicates()
elif case == "unique":
    table = table.drop_duplicates(subset=os.environ["KEY"])
else:
    number = table[os.environ["NUMBER"]] >= int(os.environ["LEAST"])
    text = table[os.environ["TEXT"]].astype(str).str.contains(os.environ["NEEDLE"], regex=False)
    table = table[number & text]
table.to_csv(target, index=False)
