"""Workers on several hosts, on one bucket, database and queue."""
