"""The queue: the only place that knows RQ. A job carries one string, the id of its task."""
