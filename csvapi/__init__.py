"""csvapi cleans CSV files over HTTP.

Register, upload a file, start an operation (deduplicate, unique, filter), watch the task and download the result.
A value is text and stays that text: the records that are kept come out byte for byte as they came in.
"""

__version__ = "0.2.0"
