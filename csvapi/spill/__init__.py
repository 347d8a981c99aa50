"""What a run keeps on disk while it runs: keys, runs to be sorted, an index; all of it in its workspace.

Read in this order: `workspace`, `key_files` and `duplicates` (what repeats), `external_sort`, `hash_index`,
and the same by the kernel: `native_index`, `native_index_writer`.
"""
