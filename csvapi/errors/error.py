"""The root of the error tree."""

from __future__ import annotations


class CsvapiError(Exception):
    """A failure with a stable `code`, a message for people, and the place it belongs to.

    `pointer` is a JSON pointer into the request (`/steps/0/column`); `context` holds numbers worth showing, by the
    glossary's words: `row` and `line` from 1, `byte` from 0, `limit` in the unit its message says. `file` names the
    file at fault where that is not the main input: its id, on the command line its path (see `blame`).
    """

    code = "internal_error"

    def __init__(self, detail: str, *, pointer: str = "", **context: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.pointer = pointer
        self.context = context

    @property
    def sentence(self) -> str:
        """The message, with the file at fault in front where that is another one than the main input."""
        return f"File {self.context['file']}: {self.detail}" if "file" in self.context else self.detail

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle with its keyword arguments, so that an error crosses from a range's process unchanged."""
        return _rebuild, (type(self), self.detail, self.pointer, self.context)


def _rebuild(kind: type[CsvapiError], detail: str, pointer: str, context: dict[str, object]) -> CsvapiError:
    return kind(detail, pointer=pointer, **context)
