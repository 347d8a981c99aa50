"""Measure csvapi against other systems; see benchmarks/README.md."""
