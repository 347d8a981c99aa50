"""Where bytes are kept: write a stream once, open it, delete it."""

from csvapi.storage.local import LocalStorage, Writer

__all__ = ["LocalStorage", "Writer"]
