"""HTTP: the only place that knows requests and responses."""
