"""Files whose dialect is known, and how often it is found: `make detect-eval` (benchmarks/README.md).

    words → columns → shapes (a clean table in a style) → dirt above, inside and below it → made(seed) → judge → report

A new kind of table is an entry in shapes.py, a new kind of dirt a decorated function in above.py or inside.py.
"""
