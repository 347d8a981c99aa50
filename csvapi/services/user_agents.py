"""The kind of program that sent a request, in a few words: enough to distinguish sessions, not to track anybody."""

from __future__ import annotations

LONGEST = 50

# Names that stand in a User-Agent, the telling ones first: most browsers also name those they descend from.
_PROGRAMS = (
    ("edg", "Edge"),
    ("opr/", "Opera"),
    ("firefox", "Firefox"),
    ("chromium", "Chromium"),
    ("chrome", "Chrome"),
    ("crios", "Chrome"),
    ("safari", "Safari"),
    ("curl", "curl"),
    ("wget", "Wget"),
    ("httpie", "HTTPie"),
    ("postman", "Postman"),
    ("insomnia", "Insomnia"),
    ("python", "Python"),
    ("okhttp", "Java"),
    ("java", "Java"),
    ("go-http", "Go"),
    ("node", "Node.js"),
)
_SYSTEMS = (
    ("iphone", "iOS"),
    ("ipad", "iOS"),
    ("android", "Android"),
    ("windows", "Windows"),
    ("mac os", "macOS"),
    ("linux", "Linux"),
)


def family(user_agent: str) -> str | None:
    """The program and its system, such as "Firefox on Linux"; None if neither is known."""
    lowered = user_agent[:500].lower()
    program = next((name for sign, name in _PROGRAMS if sign in lowered), None)
    system = next((name for sign, name in _SYSTEMS if sign in lowered), None)
    return " on ".join(filter(None, (program, system)))[:LONGEST] or None
