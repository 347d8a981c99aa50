"""Where pipelines run: `run` does so on this machine, and gives back a `receipt.Receipt` of what was done.

A caller chooses by `Options`, and is shown how far a run is by `Progress`.
"""

from csvapi.engines.local.run import run
from csvapi.engines.options import Options, Progress

__all__ = ["Options", "Progress", "run"]
