"""Forms of text that Table Schema knows by name: e-mail addresses, URIs, UUIDs. Each is matched in linear time."""

from __future__ import annotations

import re

_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_OTHER = r"a-zA-Z0-9._~!$&'()*+,;=\-"  # unreserved and sub-delims of RFC 3986
_PERCENT = r"%[0-9a-fA-F]{2}"
_PATH = rf"(?:[{_OTHER}:@/]|{_PERCENT})*+"
_AUTHORITY = (
    rf"(?:(?:[{_OTHER}:]|{_PERCENT})*@)?"  # user information
    rf"(?:\[[0-9a-fA-F:.]+\]|\[[vV][0-9a-fA-F]+\.[{_OTHER}:]+\]|(?:[{_OTHER}]|{_PERCENT})*)(?::[0-9]*)?"
)

TEXTS = {
    # What browsers take for an address (HTML, 4.10.5.1.5): no comments, no quotes, only ASCII.
    "email": re.compile(rf"[a-zA-Z0-9.!#$%&'*+/=?^_`{{|}}~-]++@{_LABEL}(?:\.{_LABEL})*"),
    # RFC 3986, section 3: with a scheme, and only in characters that a URI may have.
    "uri": re.compile(
        rf"[a-zA-Z][a-zA-Z0-9+.-]*:(?://{_AUTHORITY}(?:/{_PATH})?|(?!//){_PATH})"
        rf"(?:\?(?:[{_OTHER}:@/?]|{_PERCENT})*+)?(?:\#(?:[{_OTHER}:@/?]|{_PERCENT})*+)?"
    ),
    # RFC 9562, section 4, of any version.
    "uuid": re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
}
"""What a whole text must match."""
