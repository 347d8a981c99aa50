"""What passes through Redis between the programs: jobs, progress, counters and signs of life.

Only `enqueue` knows RQ, beside `csvapi.jobs`. Redis may be lost at any moment: nothing here is the truth about a task.
"""
