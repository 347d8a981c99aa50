"""Processes with limits: how much memory and time one may take, and a pool of them for reads of a web request.

`memory` sets the hard limit of a process; `pool` is the web process's side of the pool, `child` the other side, `turns`
how many calls run at once; `parent_death` ends a process with its parent, and `memory_kills` counts what the kernel
killed. Nothing here knows the database, the queue or HTTP.
"""
