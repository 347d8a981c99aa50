"""Who works on the queue: the worker, what it does with a job, and the scheduler. A job carries a task's id alone."""
