"""`csvapi start`: everything one machine needs, as processes of their own under one supervisor.

command ─┬─ folder      the data folder: locked, private, with the secrets of this installation
         ├─ queue       the embedded Valkey: how it is run and reached
         ├─ supervisor  keeps programs running; stops them all, or takes them along when it is killed
         ├─ programs    which programs, with which environment
         └─ banner      what a person sees
web, migrate            commands that the supervisor runs and that also stand alone
"""
