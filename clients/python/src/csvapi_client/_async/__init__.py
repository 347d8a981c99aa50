"""The client for asyncio. `_sync` is made from this folder by scripts/sync_client.py: change this one."""
