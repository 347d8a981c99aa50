"""The kernel: what is done byte by byte, in C (kernel.c), and typed wrappers that check every size before a call."""
