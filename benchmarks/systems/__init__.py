"""One script per system, run as a whole process: `script CASE INPUT OUTPUT`, the case's words in the environment."""
