"""The options of `csvapi mcp`, which can be told without the protocol's library."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

LOCAL = "http://127.0.0.1:8000"


def build_parser() -> argparse.ArgumentParser:
    """What `csvapi mcp` takes."""
    parser = argparse.ArgumentParser("csvapi mcp", description="Serve csvapi's operations as tools (MCP).")
    parser.add_argument(
        "--url", default=os.environ.get("CSVAPI_URL", LOCAL), help=f"the service (CSVAPI_URL, else {LOCAL})"
    )
    parser.add_argument("--root", type=Path, metavar="FOLDER", help="whose files may be uploaded and written")
    parser.add_argument("--http", action="store_true", help="over HTTP, at /mcp, instead of standard input and output")
    parser.add_argument("--host", default="127.0.0.1", help="where to listen (default %(default)s)")
    parser.add_argument("--port", type=int, default=8765, help="default %(default)s")
    return parser
