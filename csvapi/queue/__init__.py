"""What passes through Redis between the programs: jobs, progress, counters and heartbeats.

Besides `csvapi.jobs`, only `enqueue` uses RQ. Redis may lose everything at any time: the truth about a task is its row.
"""
