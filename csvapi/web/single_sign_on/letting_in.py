"""The cookies of somebody who has signed in, for the console and, for administrators, their pages."""

from __future__ import annotations

from flask import redirect, request, session
from flask_login import current_user, login_user
from werkzeug.wrappers import Response

from csvapi.api import callers
from csvapi.services import accounts, browser_sessions
from csvapi.services.single_sign_on.signing_in import Entered
from csvapi.web.admin import sign_in
from csvapi.web.single_sign_on import cookies

LONGEST = 500  # characters of an address to go on to


def inside(wanted: str) -> str:
    """The page to go on to, if it is one of ours: in the console, or for administrators; else the console."""
    ours = wanted.startswith(("/#/", *sign_in.INSIDE)) and "\\" not in wanted and wanted.isprintable()
    return wanted if ours and wanted.isascii() and len(wanted) <= LONGEST else "/"


def let_in(entered: Entered) -> Response:
    """Sign in the browser, whose earlier sessions end, and go on to the page that was wanted."""
    callers.end_session_before()
    if current_user.is_authenticated:
        accounts.leave(current_user.id, current_user.family)
    session.clear()  # nothing that was in it before goes along
    to = inside(entered.onwards)
    if entered.user.is_admin:
        login_user(sign_in.administrator(entered.user, entered.family))
    elif to.startswith(sign_in.INSIDE):
        to = sign_in.REFUSED
    response = redirect(request.script_root + to)
    callers.set_cookie(response, browser_sessions.cookie(entered.user.id, entered.family))
    for kind in (cookies.BEGUN, cookies.PERSON):
        cookies.put(response, kind, "")
    return response
