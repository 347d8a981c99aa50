"""How texts are found to be alike: keys that collide, and distances.

Fingerprint and n-gram fingerprint are those of OpenRefine (its manual: "Clustering in depth"): without case, accents,
punctuation and control characters, the words or the n-grams in order and each once. Letters of Western alphabets become
those of ASCII. A line break is a space; OpenRefine's program takes it away, and so joins the words around it. The
phonetic key is that of the words' Metaphone codes (Lawrence Philips, 1990). Distances are Levenshtein's, as a share of
the longer text, and Jaro and Winkler's.
"""

from __future__ import annotations

from functools import cache
from string import punctuation
from typing import TYPE_CHECKING
from unicodedata import category, combining, normalize

from csvapi.native.wording import LETTERS
from csvapi.native.wording import letters as native_letters

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

COLLIDING = ("fingerprint", "ngram", "phonetic")
MEASURED = ("edit", "jaro_winkler")
LONGEST = 1000  # characters of a text that is compared: a distance takes the square of that in time
_TOLERANCE = 1e-9  # by which a score may be below the threshold: shares such as 2/5 are not exact
_ROUGH = 0.01  # by which the library's own cut is lower: near it, it rounds
_KNOWN = 4096  # characters for which it is remembered what becomes of them
_LETTERS = {"æ": "ae", "ð": "d", "ø": "o", "þ": "th", "đ": "d", "ħ": "h", "ı": "i", "ĳ": "ij", "ĸ": "k", "ŀ": "l",
            "ł": "l", "ŋ": "n", "œ": "oe", "ŧ": "t", "\u02bc": ""}  # fmt: skip
_GONE = ("Cc", "Cf", "Mn")  # categories of control characters, and of accents


def plain(text: str) -> str:
    """The text as scores compare it: without regard to case and space."""
    return " ".join(text.casefold().split())


def fingerprint(text: str) -> str:
    """Its words, each once, in order."""
    return " ".join(sorted(set(_words(text))))


def ngram_fingerprint(text: str, size: int) -> str:
    """Its n-grams of so many characters, each once, in order; a shorter text is its own."""
    joined = "".join(_words(text))
    grams = {joined[at : at + size] for at in range(max(1, len(joined) - size + 1))}
    return "".join(sorted(grams))


def phonetic(text: str) -> str:
    """The sounds of its words, each once, in order; a word without any known sound is itself."""
    from jellyfish import metaphone  # to start fast without it

    words = (word.encode("utf-8", "replace").decode() for word in _words(text))
    return " ".join(sorted({metaphone(word) or word for word in words}))


class _Characters(dict[int, str | None]):
    """For `str.translate`: what becomes of a character of a text without case whose accents stand after their letters;
    None where it goes."""

    def __missing__(self, code: int) -> str | None:
        found = self._of(chr(code))
        if len(self) < _KNOWN:
            self[code] = found
        return found

    def _of(self, each: str) -> str | None:
        kind = category(each)
        if each.isspace() or kind[0] == "Z":
            return " "
        if kind[0] == "P" or kind in _GONE or each in punctuation:
            return None
        return _LETTERS.get(each, each)


_CHARACTERS = _Characters()


def letters(becomes: Callable[[str], str]) -> bytes:
    """What texts become, for the kernel: `becomes` of each character that it knows by itself. None may stand in another
    order in a text, as some accents do."""
    each = (becomes(chr(code)) for code in range(LETTERS))
    return native_letters(None if any(map(combining, text)) else text.encode() for text in each)


def plain_letter(letter: str) -> str:
    """What `plain` makes of a letter; of one that divides words a space."""
    return "".join(" " if each.isspace() else each for each in letter.casefold())


def word_letter(letter: str) -> str:
    """What `_words` makes of a letter, likewise."""
    return normalize("NFD", letter.casefold()).translate(_CHARACTERS)


def _words(text: str) -> list[str]:
    """Runs of anything but space; accents, punctuation and control characters within them go."""
    text = text.casefold()
    if not text.isascii():
        text = normalize("NFD", text)
    return text.translate(_CHARACTERS).split()


@cache
def scorer(method: str) -> Callable[..., float]:
    """How alike two texts are, from 0 to 1: 1 minus the edits per character of the longer one, unless Jaro and
    Winkler's is asked for."""
    from rapidfuzz.distance import JaroWinkler, Levenshtein  # to start fast without it

    return JaroWinkler.normalized_similarity if method == "jaro_winkler" else Levenshtein.normalized_similarity


def closest(
    text: str, others: Sequence[str], score: Callable[..., float], threshold: float
) -> tuple[int, float] | None:
    """Which of the others is most alike, of equals the first one, and how much; None where none is at least so."""
    from rapidfuzz import process  # to start fast without it

    found = process.extractOne(text, others, scorer=score, score_cutoff=threshold - _ROUGH)
    if found is None or found[1] < threshold - _TOLERANCE:
        return None
    return int(found[2]), float(found[1])
