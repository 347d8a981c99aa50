"""Who asks, and what they may not do."""

from __future__ import annotations

from csvapi.errors.error import CsvapiError


class NotAuthenticated(CsvapiError):
    """The request has no credentials, and needs some."""

    code = "not_authenticated"


class WrongCredentials(NotAuthenticated):
    """The e-mail address or the password is wrong; which of them is not said."""

    code = "wrong_credentials"


class SecondFactorNeeded(WrongCredentials):
    """The password is right, and the account has a second factor, whose code is missing."""

    code = "second_factor_needed"


class SignInFailed(NotAuthenticated):
    """What came back from the provider of the single sign-on proves nothing."""

    code = "sign_in_failed"


class InvalidToken(NotAuthenticated):
    """The token or API key is not known, expired or revoked."""

    code = "token_not_valid"


class Forbidden(CsvapiError):
    """The caller is known and may not do this."""

    code = "forbidden"


class InsufficientScope(Forbidden):
    """The API key does not have the scope that the request needs."""

    code = "insufficient_scope"


class LoginNeeded(Forbidden):
    """No API key may do this, only somebody who is logged in."""

    code = "login_needed"


class CsrfFailed(Forbidden):
    """The cookie of a session came without the token that shows which page asked for the request."""

    code = "csrf_failed"


class RegistrationClosed(Forbidden):
    """This service lets nobody register."""

    code = "registration_closed"


class LocalAccountsOff(Forbidden):
    """Passwords sign nobody in here; the provider of the single sign-on does."""

    code = "local_accounts_off"


class NotVerified(Forbidden):
    """The account's e-mail address has not been confirmed yet."""

    code = "email_not_verified"


class MailOff(Forbidden):
    """The service is not configured to send mail, which this needs."""

    code = "mail_off"


class QuotaExceeded(CsvapiError):
    """The account has used up what it may store or run."""

    code = "quota_exceeded"


class TooManyRequests(CsvapiError):
    """The caller sends more requests than allowed; `retry_after` in the context is in seconds."""

    code = "too_many_requests"
