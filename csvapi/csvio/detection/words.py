"""How well words fit a language: by their letters, their case, and what stands beside what."""

from __future__ import annotations

from csvapi.csvio.detection.pages import SIGNS, TYPED, letters, rare

_FINALS = frozenset("ךםןףץ")
_THAI_MARKS = frozenset("ัิีึืุู็่้๊๋์ำ")
_ALONE = frozenset("œŒšŠžŽŸ")
"""Letters that are no words: in their place other pages have ½, ¼, ¾ and the like."""
_RARE = 0.8
"""What a rare letter of a language says for it, where a common one says 1."""
_FOREIGN = 0.5
"""What letters say for a language in a word that has one of another."""
_COMMON_CYRILLIC = frozenset("оеаинтсрвл")
_TYPICAL = {
    # the characters that every text of a language has, and the share it has at least
    **dict.fromkeys(("Russian", "Ukrainian", "Serbian"), (_COMMON_CYRILLIC, 0.5)),
    "Thai": (_THAI_MARKS.union("ะาเแโใไ"), 0.25),
}


def fit(words: list[str], language: str) -> float:
    """The share of non-ASCII characters that are the language's letters in plausible words, or everyday signs."""
    good = total = 0.0
    known_letters, seldom = letters(language), rare(language)
    for word in words:
        strange = [char for char in word if char > "\x7f"]
        total += len(strange)
        known = sum(_RARE if char in seldom else 1.0 for char in strange if char in known_letters)
        signs = sum(_sign(char, word) for char in strange if char in SIGNS)
        foreign = any(char.isalpha() and char not in known_letters and char not in SIGNS for char in strange)
        good += known * (_plausible(word, language) if known else 0.0) * (_FOREIGN if foreign else 1.0) + signs
    return good / total * _usual(words, language) if total else 0.0


def _sign(char: str, word: str) -> float:
    """What a sign is worth: alone or at a word's edge, and an apostrophe (`don’t`) anywhere."""
    if char == "µ" and word[0] == char and len(word) <= 3:  # the prefix of a unit (SI brochure, table 7)
        return 1.0
    edge = char in (word[0], word[-1])
    if char == "\xa0":
        return 0.95 if edge or word[word.index(char) + 1].isupper() else 0.3
    if char in "€™" and word[0] == char and len(word) > 1:  # `€5`, `x™`, but not `€vanov`
        return 0.1
    if not edge and char not in "\u2019´":
        return 0.0
    return 0.93 if char in TYPED else 0.7


def _usual(words: list[str], language: str) -> float:
    """Less than 1 where a text has few of the characters that no text of its language is without.

    The ten commonest letters of Russian make up two thirds of it, vowels and tone marks four tenths of Thai.
    KOI8-R lies where cp1251 has the same letters in the other case and another order: only their frequency differs.
    """
    if language not in _TYPICAL:
        return 1.0
    typical, share = _TYPICAL[language]
    strange = [char for char in "".join(words).lower() if char > "\x7f"]
    return 0.8 + 0.2 * min(1.0, sum(map(typical.__contains__, strange)) / max(len(strange), 1) / share)


def _plausible(word: str, language: str) -> float:
    """Words are of one case, and of one script: only Latin letters stand beside ASCII ones, Hebrew finals end words.

    A letter alone is likelier a sign of another page (`20€`, `5°`) than a word, and so are three in a row without one
    of ASCII in a language of Latin letters.
    """
    word = word.strip("\xa0") or word
    if len(word) == 1:
        return 0.1 if word in _ALONE else 0.6
    if _latin(language):
        if len(word) > 2 and not any(char <= "\x7f" for char in word):
            return 0.2
        if language == "Italian" and any(char > "\x7f" for char in word[:-1]):
            return 0.5
    elif any("A" <= char <= "z" for char in word):
        return 0.1
    if not _FINALS.isdisjoint(word[:-1]) or word[0] in _THAI_MARKS:
        return 0.1
    return 1.0 if _one_case(word) else 0.2


def _latin(language: str) -> bool:
    return min(letters(language)) < "\u0250"


def _one_case(word: str) -> bool:
    """`straße`, `Straße`, `STRASSE`, but not `sTRASSE` or `stRasse`: a wrong page mixes the cases."""
    return (
        word.islower()
        or word.isupper()
        or word[1:].islower()
        or len(word) == 1
        or not word.isalpha()
        or word.lower() == word.upper()
    )
