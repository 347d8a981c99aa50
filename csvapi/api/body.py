"""Reading request bodies: JSON, a form or multipart as one mapping; an uploaded file directly into the storage."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import IO, Any, NoReturn

import flask
import marshmallow as ma
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest, UnsupportedMediaType
from werkzeug.formparser import FormDataParser, MultiPartParser
from werkzeug.sansio.multipart import File
from werkzeug.utils import cached_property
from werkzeug.wsgi import LimitedStream

from csvapi.errors import InvalidInput
from csvapi.extensions import runtime
from csvapi.steps.params import UNKNOWN, unknown
from csvapi.storage import Writer

CHUNK = 1024 * 1024  # bytes the form parser is fed with at once: twice the throughput of its default
DEEPEST = 64  # levels of JSON: a filter's conditions in conditions need a few
FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}


class _Discard(io.RawIOBase):
    """Takes file parts that no view wants."""

    def write(self, data: Any) -> int:
        return len(data)

    def writable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return 0


class _LargeChunks(MultiPartParser):
    """Takes large chunks, and passes on only file parts named `file`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "buffer_size": CHUNK})

    def start_file_streaming(self, event: File, total_content_length: int | None) -> IO[bytes]:
        if event.name != "file":
            return _Discard()  # type: ignore[return-value]  # a raw stream is all the form parser needs
        stream: IO[bytes] = super().start_file_streaming(event, total_content_length)
        return stream


class _FormParser(FormDataParser):
    """Werkzeug's parser with larger chunks for multipart, and with errors for malformed bodies."""

    def _parse_multipart(
        self, stream: IO[bytes], mimetype: str, content_length: int | None, options: dict[str, str]
    ) -> Any:
        boundary = options.get("boundary", "").encode("ascii", "replace")
        if not boundary:
            raise ValueError("Missing boundary")
        parser = _LargeChunks(
            stream_factory=self.stream_factory,
            max_form_memory_size=self.max_form_memory_size,
            max_form_parts=self.max_form_parts,
            cls=self.cls,
        )
        form, files = parser.parse(stream, boundary, content_length)
        return stream, form, files


class _Bounded(LimitedStream):
    """Werkzeug's stream of a body of unknown length, which otherwise is cut at the limit without an error."""

    def readall(self) -> bytes:
        data = super().readall()
        if self.is_exhausted:
            self.on_exhausted()  # raises RequestEntityTooLarge
        return data


class Request(flask.Request):
    """A request whose file part named `file` is written to `upload`, once a view has provided that.

    The bytes are written once, without a spool file.
    """

    form_data_parser_class = _FormParser
    max_form_parts = 1000
    upload: Writer | None = None
    _received = False

    def receive_upload(self, writer: Writer) -> str | None:
        """Read the body, its file part into the writer; returns the name of the file, None if no file was chosen.

        Raises BadRequest for several parts with that name, since it is unclear which one is meant.
        """
        self.upload = writer
        self.max_content_length = runtime().settings.max_upload + CHUNK  # a form is a little longer than its file
        self.max_form_memory_size = 4 * CHUNK  # the parser's own buffer counts
        parts = self.files.getlist("file")
        if len(parts) + len(self.form.getlist("file")) > 1:
            raise BadRequest("The form has several parts named `file`; send one file with each request")
        name = parts[0].filename or "" if parts and self._received else ""
        return name if name or writer.size else None  # a browser sends a nameless empty part when none was chosen

    @cached_property
    def stream(self) -> IO[bytes]:
        """The body. One of unknown length (chunked) is refused beyond the limit like any other."""
        if self.content_length is None and self.max_content_length and "wsgi.input_terminated" in self.environ:
            return _Bounded(self.environ["wsgi.input"], self.max_content_length, is_max=True)  # type: ignore[return-value]  # a raw stream is all that is needed
        body: IO[bytes] = super().stream
        return body

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        if self.upload is None or self._received:
            return _Discard()  # type: ignore[return-value]  # a raw stream is all the form parser needs
        self._received = True
        return self.upload  # type: ignore[return-value]  # likewise


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


class Few(ma.fields.List[Any]):
    """A list whose length is checked before its items: a body has space for very many invalid ones."""

    def __init__(self, inner: ma.fields.Field[Any], most: int, **options: Any) -> None:
        super().__init__(inner, **options)
        self.metadata = {**self.metadata, "maxItems": most}
        self._most = most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        if isinstance(value, list) and len(value) > self._most:
            raise ma.ValidationError(f"has {len(value)} items, at most {self._most} are allowed")
        return super()._deserialize(value, attr, data, **kwargs)


def parse_json(raw: bytes, what: str = "The body") -> Any:
    """Strict JSON (RFC 8259): no NaN, no out-of-range number, no lone surrogates, at most DEEPEST levels.

    A byte order mark, which some clients send, is ignored.
    """
    try:
        value = json.loads(raw.decode("utf-8-sig"), parse_constant=_no_constant, parse_int=_integer)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
        _check_depth(value)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{what} is not valid JSON: {_reason(error)}") from error
    return value


def _integer(digits: str) -> int:
    try:
        return int(digits)
    except ValueError as error:
        raise ValueError(f"a number of {len(digits)} digits is too long; send it as text") from error


def _check_depth(value: Any) -> None:
    """Raise RecursionError if lists and objects are nested deeper than DEEPEST."""
    level = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for outer in level
            if isinstance(outer, list | dict)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return
    raise RecursionError


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} (line {error.lineno}, column {error.colno})"
    if isinstance(error, RecursionError):
        return "it is nested too deep"
    if isinstance(error, UnicodeError):
        return "it holds text that is not UTF-8"
    return str(error)


class BodyParser(FlaskParser):
    """Loads the location `json` from a JSON, form or multipart body; mistakes are raised as InvalidInput."""

    DEFAULT_UNKNOWN_BY_LOCATION = {  # noqa: RUF012  # declared by webargs as an instance's own
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "json": ma.EXCLUDE,
        "query": ma.EXCLUDE,
    }

    def load_json(self, req: flask.Request, schema: ma.Schema) -> Any:
        """The body as a mapping: a JSON object, or the fields of a form; empty if there is none.

        Raises `UnsupportedMediaType` for any other type and `InvalidInput` for JSON that is no object.
        """
        if req.mimetype in FORMS:
            return req.form.to_dict()
        if req.mimetype and not req.is_json and req.get_data():
            raise UnsupportedMediaType("Send the body as application/json, a form or multipart/form-data")
        raw = req.get_data()
        value = parse_json(raw) if raw.strip() else {}
        if not isinstance(value, dict):
            raise InvalidInput("The body must be a JSON object")
        return value

    def handle_error(self, error: ma.ValidationError, req: Any, schema: ma.Schema, **kwargs: Any) -> NoReturn:
        """Raise the first mistake as `InvalidInput` with its JSON pointer and a message that names the field."""
        field, message = first_message(error.messages)
        if message == UNKNOWN:
            message = unknown(schema, field.split("/"))
        named = not field or field.split("/")[0] in message.split()
        raise InvalidInput(message if named else f"{field}: {message}", pointer=f"/{field}", messages=error.messages)


def first_message(messages: Any) -> tuple[str, str]:
    """The most helpful of marshmallow's nested messages, with its path: a misspelt name, or else the first."""
    found = list(_leaves(messages, ""))
    path, message = next((leaf for leaf in found if leaf[1] == UNKNOWN), found[0])
    return path, "this field is required" if message.startswith("Missing data") else message


def _leaves(messages: Any, path: str) -> Iterator[tuple[str, str]]:
    if not isinstance(messages, dict):
        yield path, str(messages[0] if isinstance(messages, list) else messages)
        return
    for key, inner in messages.items():
        passed = key in {"json", "query", "form", "files", "_schema"}
        yield from _leaves(inner, path if passed else f"{path}/{key}".lstrip("/"))
