"""`csvapi mcp`: csvapi's operations as tools for language models, by the client's server."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import TYPE_CHECKING

from csvapi.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence


SUMMARY = "Serve csvapi's operations as tools (MCP)."


def build_parser() -> ArgumentParser:
    """The options of `csvapi mcp`: those of the client, where it is installed."""
    try:
        from csvapi_client.mcp_options import build_parser as of_client
    except ImportError:
        return ArgumentParser("csvapi mcp", description=SUMMARY)
    found: ArgumentParser = of_client()
    return found


def main(given: Sequence[str]) -> int:
    """Serve until the client leaves. Raises InvalidInput where the client or the protocol's SDK is not installed."""
    try:
        from csvapi_client import mcp_server
    except ImportError as error:
        detail = f"{error.name} is not installed: pip install 'csvapi-client[mcp]' (clients/python in the sources)"
        raise InvalidInput(detail) from error
    return int(mcp_server.main(given))
