"""Processes with bounds: how much memory and time one may take, and a pool of them for what a request reads itself.

`memory` sets the hard limit of a process; `pool` is the web process's side of the pool, `child` the other one, `turns`
how many calls run at once; `parent_death` ends a process with its parent, and `memory_kills` counts what the kernel
killed. Nothing of the database, the queue or HTTP.
"""
