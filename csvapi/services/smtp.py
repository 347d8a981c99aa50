"""Handing mail to the configured SMTP server."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from csvapi.config import Settings

TIMEOUT = 15.0  # seconds for each answer of the server


def message(sender: str, receiver: str, subject: str, text: str) -> EmailMessage:
    """A mail of plain text that asks for no automatic answer."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, receiver, subject
    made["Date"], made["Message-ID"] = formatdate(), make_msgid(domain=sender.rpartition("@")[2].rstrip("> "))
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence notice is to answer it
    made.set_content(text)
    return made


def deliver(mail: EmailMessage, settings: Settings) -> str:
    """Hand the mail to the server; returns what went wrong, "" if the server accepted it."""
    try:
        with _connected(settings) as server:
            if settings.smtp_tls == "starttls":
                server.starttls(context=ssl.create_default_context())
            if settings.smtp_user:
                server.login(settings.smtp_user, settings.smtp_password)
            server.send_message(mail)
    except smtplib.SMTPRecipientsRefused as error:  # whose text names the receiver: the log is to hold no address
        codes = ", ".join(str(code) for code, _ in error.recipients.values())
        return f"{type(error).__name__}: {codes}"
    except (smtplib.SMTPException, OSError, ValueError) as error:  # ValueError: a login or host that cannot be sent
        return f"{type(error).__name__}: {error}"
    return ""


def _connected(settings: Settings) -> smtplib.SMTP:
    where = (settings.smtp_host, settings.smtp_port)
    if settings.smtp_tls == "tls":
        return smtplib.SMTP_SSL(*where, timeout=TIMEOUT, context=ssl.create_default_context())
    return smtplib.SMTP(*where, timeout=TIMEOUT)
