"""What `csvapi start` prints once everything runs."""

from __future__ import annotations

from pathlib import Path

from csvapi.native.loader import parser

PAGES = {"Swagger UI": "/swagger/", "Redoc": "/redoc/", "Admin": "/admin/", "Queue": "/rq/"}


def banner(url: str, folder: Path, login: tuple[str, str] | None = None) -> str:
    """The addresses, the data folder, which parser reads, how to stop, and three commands to try; a new login once."""
    pages = [(name, url + path) for name, path in PAGES.items()]
    facts = [
        ("Console", f"{url}/"),
        ("API", f"{url}/api/"),
        *pages,
        ("Data", str(folder)),
        ("Parser", parser()),
        ("Stop", "Ctrl-C"),
    ]
    return "\n".join(
        [
            "",
            "csvapi is running.",
            "",
            *(f"  {name:<12}{text}" for name, text in facts),
            *shown(login),
            "",
            *trial(url),
            "",
        ]
    )


def shown(login: tuple[str, str] | None) -> list[str]:
    """The first administrator's e-mail and password, of which only a hash is stored."""
    if login is None:
        return []
    email, password = login
    again = f"(shown only now; a new one: csvapi admin {email})"
    return ["", f"  {'Admin login':<12}{email}", f"  {'Password':<12}{password}  {again}"]


def trial(url: str) -> list[str]:
    """Register, log in, upload: the lines work as printed, in this order, also after a restart."""
    login = "-d email=you@example.com -d password=sunlit-harbour-41"
    field = """sed 's/.*"access_token": *"\\([^"]*\\)".*/\\1/'"""
    return [
        "Try it:",
        "",
        f"  curl -s {url}/api/register/ {login} -d confirm_password=sunlit-harbour-41",
        f"  TOKEN=$(curl -s {url}/api/login/ {login} | tr -d '\\n' | {field})",
        f"  printf 'id,name\\n007,Ann\\n007,Ann\\n' | curl -s {url}/api/upload-csv/ "
        '-H "Authorization: Bearer $TOKEN" -F "file=@-;filename=people.csv"',
    ]
