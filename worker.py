"""The worker's entry point: `python worker.py` runs tasks from the queue until it is told to stop."""

import sys

from csvapi.cli import main

if __name__ == "__main__":
    sys.exit(main(["worker", *sys.argv[1:]]))
