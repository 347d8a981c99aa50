"""Made from `_async` by scripts/sync_client.py: change that one."""
