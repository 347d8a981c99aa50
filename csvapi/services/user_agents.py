"""What kind of program sent a request, in a few words: to tell sessions apart, not to follow anybody."""

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
    """The family of the program and its system, "Firefox on Linux"; None where neither is known."""
    lowered = user_agent[:500].lower()
    program = next((name for sign, name in _PROGRAMS if sign in lowered), None)
    system = next((name for sign, name in _SYSTEMS if sign in lowered), None)
    return " on ".join(filter(None, (program, system)))[:LONGEST] or None
