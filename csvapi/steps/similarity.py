"""How texts are found to be alike: keys that collide, and distances.

Fingerprint and n-gram fingerprint are those of OpenRefine (its manual: "Clustering in depth"): without case, accents
and punctuation, the words or the n-grams in order and each once. The phonetic key is that of the words' Metaphone codes
(Lawrence Philips, 1990). Distances are Levenshtein's, as a share of the longer text, and Jaro and Winkler's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from unicodedata import category

from csvapi.steps.folding import folded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

COLLIDING = ("fingerprint", "ngram", "phonetic")
MEASURED = ("edit", "jaro_winkler")
LONGEST = 1000  # characters of a text that is compared: a distance takes the square of that in time
_TOLERANCE = 1e-9  # by which a score may be below the threshold: shares such as 2/5 are not exact
_ROUGH = 0.01  # by which the library's own cut is lower: near it, it rounds
_APART = ("Z", "C")  # categories of spaces and control characters


def plain(text: str) -> str:
    """The text as scores compare it: without regard to case and space."""
    return folded(text, ("case", "space"))


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


def _words(text: str) -> list[str]:
    """Runs of anything but space and control characters; punctuation within them goes."""
    kept = []
    for each in folded(text, ("case", "accents")):
        kind = category(each)
        if kind[0] in _APART:
            kept.append(" ")
        elif kind[0] != "P":
            kept.append(each)
    return "".join(kept).split()


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
