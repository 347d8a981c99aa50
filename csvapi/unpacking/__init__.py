"""Files that are no CSV but hold one: what they are by their bytes, and the CSV in them as a file of its own.

Workbooks (XLSX, ODS), ZIP archives, gzip and Zstandard. Knows no application, no database and no HTTP. What does the
work is in `unpack`, which is imported where there is some: a command line starts faster without it.
"""

from csvapi.unpacking.formats import FORMATS, Format, packed_format
from csvapi.unpacking.limits import MOST_TIMES, MOST_UNPACKED, Limits
from csvapi.unpacking.selection import Selection

__all__ = ["FORMATS", "MOST_TIMES", "MOST_UNPACKED", "Format", "Limits", "Selection", "packed_format"]
