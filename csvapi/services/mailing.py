"""Mail: a request adds a row, the scheduler sends it, so that no mail is lost with a process.

A row has an address and nothing else. Only when the mail is sent is the account looked up and the link made that proves
who reads the mail: a request takes the same time and adds the same row for every address.
"""

from __future__ import annotations

import secrets
import time
from datetime import timedelta
from email.message import EmailMessage

import structlog
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from csvapi.errors import CsvapiError, MailOff
from csvapi.extensions import changed, runtime, transaction
from csvapi.models import Action, Mail, MailToken, User, now
from csvapi.services import audit, smtp
from csvapi.services.digests import of_secret

VERIFY, RESET = "verify", "reset"
LIFE = {VERIFY: timedelta(hours=24), RESET: timedelta(hours=1)}  # of a link
PATH = {VERIFY: "/account/verify", RESET: "/account/reset"}
SCHEDULE = (10, 60, 300, 900, 1800)  # seconds after each failure; then the mail is given up
KEPT = timedelta(days=7)  # rows of mails that were given up
LEASE = timedelta(minutes=2)  # after which a mail whose sender was lost is sent by another
EVERY = 1.0  # seconds between looks
BATCH = 20

log = structlog.get_logger(__name__)


def check_on() -> None:
    """Raise MailOff if no mail server is configured."""
    if not runtime().settings.smtp_host:
        raise MailOff("This service sends no mail; ask an administrator")


def ask(session: Session, kind: str, email: str) -> None:
    """Ask for this kind of mail to the address; it is sent only if a suitable account exists at that time."""
    session.add(Mail(kind=kind, email=email, expires_at=now() + KEPT))


def serve() -> None:
    """Send mail that is due for as long as the process runs; call it in the application's context."""
    while True:
        try:
            busy = send_due()
        except CsvapiError as error:
            busy = 0
            log.warning("mail_waits", reason=str(error))
        if not busy:
            time.sleep(EVERY)


def send_due() -> int:
    """Send mail that is due; returns the number of attempts."""
    with transaction() as session:
        due = select(Mail.id).where(Mail.next_at <= now()).order_by(Mail.next_at)
        ids = session.scalars(due.limit(BATCH)).all()
    for mail_id in ids:
        _attempt(mail_id)
    return len(ids)


def _attempt(mail_id: int) -> None:
    """Try once to send a mail; a compare-and-set of its time leaves it to one of several senders."""
    with transaction() as session:
        taken = update(Mail).where(Mail.id == mail_id, Mail.next_at <= now()).values(next_at=now() + LEASE)
        if not changed(session.execute(taken)):
            return
        mail = session.get_one(Mail, mail_id)
        message = _written(session, mail)
    problem = smtp.deliver(message, runtime().settings) if message else ""
    if problem:
        _later(mail, problem)
        return
    with transaction() as session:
        session.execute(delete(Mail).where(Mail.id == mail_id))
    log.info("mail", mail_id=mail_id, kind=mail.kind, sent=message is not None)


def _later(mail: Mail, problem: str) -> None:
    tries, given_up = mail.tries + 1, mail.tries >= len(SCHEDULE)
    at = None if given_up else now() + timedelta(seconds=SCHEDULE[mail.tries])
    values = {"tries": tries, "next_at": at, "problem": problem[:500]}
    with transaction() as session:
        session.execute(update(Mail).where(Mail.id == mail.id).values(**values))
    log.log(40 if given_up else 30, "mail_failed", mail_id=mail.id, tries=tries, given_up=given_up, reason=problem)


def _written(session: Session, mail: Mail) -> EmailMessage | None:
    """The mail with a new link, which replaces earlier ones; None if there is no suitable account."""
    user = session.scalar(select(User).where(User.email == mail.email, User.is_active))
    if user is None or not (user.awaits_verification if mail.kind == VERIFY else user.has_password):
        return None
    token = secrets.token_urlsafe(32)
    session.execute(delete(MailToken).where(MailToken.user_id == user.id, MailToken.kind == mail.kind))
    if mail.kind == RESET:
        audit.add(session, Action.RESET_ASKED, user.id)
    until = now() + LIFE[mail.kind]
    session.add(MailToken(user_id=user.id, kind=mail.kind, token_hash=of_secret(token), expires_at=until))
    link = f"{runtime().settings.public_url.rstrip('/')}{PATH[mail.kind]}?token={token}"
    subject, text = _TEXTS[mail.kind]
    return smtp.message(runtime().settings.smtp_from, user.email, subject, text.format(link=link))


_TEXTS = {
    VERIFY: (
        "Verify your e-mail address",
        "Somebody, hopefully you, registered this address with csvapi.\n\nTo verify it, open this page within 24 "
        "hours:\n\n{link}\n\nIf it was not you, do nothing: nobody can log in with this address until then.\n",
    ),
    RESET: (
        "Choose a new password",
        "Somebody, hopefully you, asked for a new password for your account with csvapi.\n\nTo choose one, open this "
        "page within an hour:\n\n{link}\n\nIt ends every session and every API key of the account. If it was not you, "
        "do nothing: your password stays as it is.\n",
    ),
}


def owner(kind: str, token: str) -> User | None:
    """The active account that this token was mailed to; None if the token is unknown, used or expired."""
    with transaction() as session:
        return session.scalar(
            select(User)
            .join(MailToken, MailToken.user_id == User.id)
            .where(
                MailToken.kind == kind,
                MailToken.token_hash == of_secret(token),
                MailToken.expires_at > now(),
                User.is_active,
            )
        )


def use(session: Session, kind: str, token: str) -> bool:
    """Use the token up; only one of several at a time succeeds."""
    this = delete(MailToken).where(
        MailToken.kind == kind, MailToken.token_hash == of_secret(token), MailToken.expires_at > now()
    )
    return bool(changed(session.execute(this)))


def given_up() -> int:
    """How many mails could not be sent, among the rows that are still kept."""
    with transaction() as session:
        return session.scalar(select(func.count()).select_from(Mail).where(Mail.next_at.is_(None))) or 0


def forget_expired() -> int:
    """Delete mails and tokens whose time is over; returns how many there were."""
    with transaction() as session:
        old = (session.execute(delete(table).where(table.expires_at < now())) for table in (Mail, MailToken))
        return sum(map(changed, old))
