"""Everything that can go wrong, in one tree; no HTTP here (see `api.errors` for the one table to statuses).

CsvapiError
├── InvalidInput                 the request or the file is not right, and says where
│   ├── MalformedCsv             row, line, byte
│   ├── NoRecords                an empty file where there must be something
│   ├── NotCsv                   the bytes are something else: a spreadsheet, an archive, a picture
│   ├── UnsupportedEncoding
│   ├── DigestMismatch           the content is not what its digest says
│   │   └── ChecksumMismatch     of a part of an upload
│   ├── KeyReused                an Idempotency-Key came with another payload before
│   ├── ObjectChanged            a registered object is another one by now, or gone
│   ├── UnknownColumn
│   └── AmbiguousColumn          a name that several columns share
├── NotAuthenticated
│   ├── WrongCredentials
│   │   └── SecondFactorNeeded   the code is missing
│   ├── SignInFailed             what came back from the provider of the single sign-on proves nothing
│   └── InvalidToken
├── Forbidden
│   ├── InsufficientScope        an API key that may not do this
│   ├── LoginNeeded              what no API key may do: the account's own affairs
│   ├── CsrfFailed               a session's cookie without its CSRF token
│   ├── RegistrationClosed
│   ├── LocalAccountsOff         passwords sign nobody in here
│   ├── NotVerified              the e-mail address, whose mailed link was not followed yet
│   └── MailOff                  the service sends none
├── NotFound                     also: somebody else's
├── Conflict
│   ├── UploadBusy               its parts become a file at the moment
│   ├── InProgress               the first request with this Idempotency-Key still runs
│   ├── TaskNotFinished
│   ├── TaskFinished
│   ├── EmailTaken
│   ├── NameTaken                of a saved pipeline or schema
│   └── InUse
├── Expired
├── TooLarge                     names the limit and its value
│   ├── PreviewTooLarge          what is shown at once needs more memory than it may take
│   └── PreviewTooSlow           or more time
├── QuotaExceeded
├── TooManyRequests              retry_after seconds
├── Unavailable
│   ├── QueueDown
│   ├── StorageDown
│   │   └── ObjectMissing       it can be reached, and the object is not in it
│   ├── ProviderDown             of the single sign-on
│   ├── PlaceDown                a folder that a source reads from or delivers to
│   └── DatabaseDown
└── TaskError                    only ever on a task
    ├── WorkspaceFull
    ├── OutputLimit
    ├── TimedOut
    ├── Cancelled
    ├── OutOfMemory
    └── WorkerLost
"""

from csvapi.errors.callers import (
    CsrfFailed,
    Forbidden,
    InsufficientScope,
    InvalidToken,
    LocalAccountsOff,
    LoginNeeded,
    MailOff,
    NotAuthenticated,
    NotVerified,
    QuotaExceeded,
    RegistrationClosed,
    SecondFactorNeeded,
    SignInFailed,
    TooManyRequests,
    WrongCredentials,
)
from csvapi.errors.error import CsvapiError
from csvapi.errors.inputs import (
    AmbiguousColumn,
    ChecksumMismatch,
    DigestMismatch,
    InvalidInput,
    KeyReused,
    MalformedCsv,
    NoRecords,
    NotCsv,
    ObjectChanged,
    PreviewTooLarge,
    PreviewTooSlow,
    TooLarge,
    UnknownColumn,
    UnsupportedEncoding,
)
from csvapi.errors.servers import (
    DatabaseDown,
    ObjectMissing,
    PlaceDown,
    ProviderDown,
    QueueDown,
    StorageDown,
    Unavailable,
)
from csvapi.errors.states import (
    Conflict,
    EmailTaken,
    Expired,
    InProgress,
    InUse,
    NameTaken,
    NotFound,
    TaskFinished,
    TaskNotFinished,
    UploadBusy,
)
from csvapi.errors.tasks import Cancelled, OutOfMemory, OutputLimit, TaskError, TimedOut, WorkerLost, WorkspaceFull

__all__ = [
    "AmbiguousColumn",
    "Cancelled",
    "ChecksumMismatch",
    "Conflict",
    "CsrfFailed",
    "CsvapiError",
    "DatabaseDown",
    "DigestMismatch",
    "EmailTaken",
    "Expired",
    "Forbidden",
    "InProgress",
    "InUse",
    "InsufficientScope",
    "InvalidInput",
    "InvalidToken",
    "KeyReused",
    "LocalAccountsOff",
    "LoginNeeded",
    "MailOff",
    "MalformedCsv",
    "NameTaken",
    "NoRecords",
    "NotAuthenticated",
    "NotCsv",
    "NotFound",
    "NotVerified",
    "ObjectChanged",
    "ObjectMissing",
    "OutOfMemory",
    "OutputLimit",
    "PlaceDown",
    "PreviewTooLarge",
    "PreviewTooSlow",
    "ProviderDown",
    "QueueDown",
    "QuotaExceeded",
    "RegistrationClosed",
    "SecondFactorNeeded",
    "SignInFailed",
    "StorageDown",
    "TaskError",
    "TaskFinished",
    "TaskNotFinished",
    "TimedOut",
    "TooLarge",
    "TooManyRequests",
    "Unavailable",
    "UnknownColumn",
    "UnsupportedEncoding",
    "UploadBusy",
    "WorkerLost",
    "WorkspaceFull",
    "WrongCredentials",
]
