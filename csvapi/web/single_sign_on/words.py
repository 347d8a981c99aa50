"""What the pages of the single sign-on say, in English and German."""

from __future__ import annotations

from flask import request

EN = {
    "again": "Begin the sign-in again",
    "code": "Code of your second factor",
    "code_if": "Code of your second factor, if you have one",
    "code_why": "Your account here has a second factor. Type its code, or a recovery code.",
    "email": "E-mail or name of the account here",
    "enter": "Sign in",
    "entry": "Sign in as an administrator",
    "entry_why": "This link signs you in once, without {name}.",
    "fill_in": "Fill in every field",
    "front": "To the front page",
    "invitation": "Invitation",
    "known": "{name} knows you as {label}.",
    "link": "Link and sign in",
    "link_title": "If you have an account here",
    "link_why": "Show once that it is yours; from then on {name} opens it.",
    "make": "Create an account",
    "make_title": "If you have none",
    "make_why": "A new account has no password: {name} opens it.",
    "no_make": "No accounts are made here by signing in. If you have none, ask an administrator.",
    "operator": "Operators get in with: csvapi admin ADDRESS --link",
    "or_password": "Sign in with a password instead",
    "password": "Password",
    "problem": "The sign-in did not work",
    "signed_out": "You are signed out",
    "signed_out_there": "You may still be signed in at {name}. On a computer that others use, end that, too.",
    "taken": "There is an account with {email} here already. If it is yours, link it. If you do not know its"
    " password, ask an administrator to link it.",
    "there": "Sign out of {name}, too",
    "title": "Sign in",
    "too_old": "This page is too old; send it again",
}
DE = {
    "again": "Anmeldung neu beginnen",
    "code": "Code Ihres zweiten Faktors",
    "code_if": "Code Ihres zweiten Faktors, falls Sie einen haben",
    "code_why": "Ihr Konto hier hat einen zweiten Faktor. Geben Sie seinen Code ein, oder einen Ersatzcode.",
    "email": "E-Mail oder Name des Kontos hier",
    "enter": "Anmelden",
    "entry": "Als Administrator anmelden",
    "entry_why": "Dieser Link meldet Sie einmal an, ohne {name}.",
    "fill_in": "Füllen Sie jedes Feld aus",
    "front": "Zur Startseite",
    "invitation": "Einladung",
    "known": "{name} kennt Sie als {label}.",
    "link": "Verknüpfen und anmelden",
    "link_title": "Wenn Sie hier ein Konto haben",
    "link_why": "Zeigen Sie einmal, dass es Ihres ist; von da an öffnet {name} es.",
    "make": "Konto anlegen",
    "make_title": "Wenn Sie keines haben",
    "make_why": "Ein neues Konto hat kein Passwort: {name} öffnet es.",
    "no_make": "Durch Anmelden entstehen hier keine Konten. Haben Sie keines, fragen Sie einen Administrator.",
    "operator": "Betreiber kommen hinein mit: csvapi admin ADRESSE --link",
    "or_password": "Stattdessen mit einem Passwort anmelden",
    "password": "Passwort",
    "problem": "Die Anmeldung ging nicht",
    "signed_out": "Sie sind abgemeldet",
    "signed_out_there": "Vielleicht sind Sie bei {name} noch angemeldet. Beenden Sie auch das, wenn andere diesen"
    " Rechner benutzen.",
    "taken": "Hier gibt es schon ein Konto mit {email}. Ist es Ihres, verknüpfen Sie es. Kennen Sie sein Passwort"
    " nicht, bitten Sie einen Administrator, es zu verknüpfen.",
    "there": "Auch von {name} abmelden",
    "title": "Anmelden",
    "too_old": "Diese Seite ist zu alt; senden Sie sie noch einmal",
}


def language() -> str:
    """The language of the two that the browser prefers."""
    return request.accept_languages.best_match(["en", "de"], "en")


def say(key: str, **values: str) -> str:
    """A string of the catalogue, with `{name}` replaced."""
    return (DE if language() == "de" else EN)[key].format(**values)
