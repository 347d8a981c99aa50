"""`csvapi help WORDS`: the operations and parameters that people mean by some words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from csvapi.commands.arguments import parser
from csvapi.operations import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from csvapi.operations import Operation

_WORD = re.compile(r"[a-z0-9]+")
_ENDINGS = ("ations", "ation", "ising", "ings", "ing", "ised", "ise", "ies", "ied", "es", "ed", "s", "e", "y")
_LEAST = 3  # letters that an ending leaves
_SAID = frozenset(
    _WORD.findall(
        "a an all and are as at be by do each every for from get have how i in into is it its make me my of on one "
        "only or out so than that the them there this to up use want what when which who will with"
    )
)  # words that say nothing about what is wanted
_MOST, _FLAGS = 6, 3  # commands that are shown, and parameters of each
_NAME, _SUMMARY, _PARAMETER = 5, 3, 1  # how much a word counts where it stands


_SHARED = (
    "split into files parts zip output delimiter encoding receipt explain why dropped quiet dialect comment memory "
    "excel spreadsheet workbook sheet sheets xlsx ods archive"
)


class Found(NamedTuple):
    """A command, what it does, and the parameters that were meant, each with its flag and its description."""

    name: str
    summary: str
    flags: list[tuple[str, str]]


def stem(word: str) -> str:
    """A word without its ending, roughly: counts, counting and counted are one, normalize is normalise."""
    word = word.replace("iz", "is")
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST:
            return word.removesuffix(ending)
    return word


def stems(text: str) -> set[str]:
    """The stems of all words of a text."""
    return {stem(word) for word in _WORD.findall(text.lower())}


def find(asked: str, commands: Mapping[str, str]) -> list[Found]:
    """What answers the words, the best first; `commands` are those that are no operations, with summaries."""
    wanted = {stem(word) for word in _WORD.findall(asked.lower()) if word not in _SAID}
    scored = [(_score(wanted, found, words), found) for found, words in _known(commands)]
    best = max(score for score, _ in scored)
    ranked = sorted(
        (-score, found.name not in catalogue(), found) for score, found in scored if score and 2 * score > best
    )
    return [found._replace(flags=_meant(wanted, found.flags)) for _, _, found in ranked[:_MOST]]


def _known(commands: Mapping[str, str]) -> Iterable[tuple[Found, str]]:
    """Every command, with other words for it."""
    for operation in catalogue().values():
        yield Found(operation.name, operation.summary, _flags(operation)), operation.words
    for name, summary in commands.items():
        yield Found(name, summary, []), ""
    yield Found("(each)", "Every command on files takes these, too.", _shared()), _SHARED


def _shared() -> list[tuple[str, str]]:
    actions = parser("", "")._actions  # noqa: SLF001  there is no other way to list them
    return [
        (each.option_strings[0], each.help or "") for each in actions if each.option_strings and each.dest != "help"
    ]


def _score(wanted: set[str], found: Found, words: str) -> int:
    """How well a command answers: each word counts once, by the place where it says the most."""
    name, said = stems(found.name), stems(f"{found.summary} {words}")
    asides = stems(" ".join(map(" ".join, found.flags)))
    return sum(
        _NAME if word in name else _SUMMARY if word in said else _PARAMETER if word in asides else 0 for word in wanted
    )


def _meant(wanted: set[str], flags: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The parameters that answer most of the words."""
    answers = sorted(((-len(wanted & stems(" ".join(flag))), at) for at, flag in enumerate(flags)))
    return [flags[at] for count, at in answers[:_FLAGS] if count]


def _flags(operation: Operation) -> list[tuple[str, str]]:
    return [
        (f"--{(field.data_key or name).replace('_', '-')}", str(field.metadata.get("description", "")))
        for name, field in operation.params().fields.items()
    ]


def shown(found: list[Found]) -> str:
    """The answer to people."""
    width = max(len(each.name) for each in found)
    lines = []
    for each in found:
        lines.append(f"  {each.name:<{width}}  {each.summary}")
        lines += [f"  {'':<{width}}    {flag}  {_first(description)}" for flag, description in each.flags]
    return "\n".join([*lines, "", "csvapi <command> --help says more; docs/recipes.md has whole jobs."])


def _first(description: str) -> str:
    """The first sentence."""
    return re.split(r"(?<=[.;]) ", description, maxsplit=1)[0].rstrip(";")
