"""Use-cases: the only place that opens a transaction; plain values and streams in and out."""
