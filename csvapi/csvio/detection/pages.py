"""The single-byte code pages, and the letters of the languages they were made for."""

from __future__ import annotations

from functools import cache

WESTERN = "àáâãäåæçèéêëìíîïñòóôõöøùúûüÿœßýþð"
"""The letters of a file that names people and places of many countries."""
ALPHABETS = {
    # the letters of each language that are not ASCII, in lower case; after a space those that are rare
    "French": "éèàêçôîâûëï ùœæüÿ",
    "German": "äöüß",
    "Spanish": "áéíóúñ ü",
    "Portuguese": "ãçáéíóúõêâ ôà",
    "Swedish": "åäö é",
    "Danish": "æøå é",
    "Italian": "àèòùì é",
    "Dutch": "ëéï óèêüáö",
    "Icelandic": "áðéíóúýþæö",
    "Polish": "ąćęłńóśźż",
    "Czech": "áíéýěščřžůú ňťďó",
    "Slovak": "áíéýčšžťúľňô äďĺóŕ",
    "Hungarian": "áéíóöőúüű",
    "Croatian": "čšžćđ",
    "Slovene": "čšž",
    "Romanian": "ăâîşţ",
    "Lithuanian": "ąčęėįšųūž",
    "Latvian": "āčēģīķļņšūž",
    "Estonian": "äöüõ šž",
    "Turkish": "çğıöşü",
    "Russian": "абвгдежзийклмнопрстуфхцчшщъыьэюяё",
    "Ukrainian": "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
    "Serbian": "абвгдђежзијклљмнњопрстћуфхцчџш",
    "Greek": "αβγδεζηθικλμνξοπρςστυφχψωςάέήίόύώ",
    "Hebrew": "אבגדהוזחטיכלמנסעפצקרשתךםןףץ",
    "Arabic": "ابتثجحخدذرزسشصضطظعغفقكلمنهويىةءأإآؤئ",
    "Persian": "ابتثجحخدذرزسشصضطظعغفقلنوهآئپچژگ" + "كيم",
    "Thai": "กขคฆงจฉชซญฎฐฏณดตถทธนบปผฝพฟภมยรลวศษสหอฮฤะัาำิีึืุูเแโใไ็่้๊๋์ๆฯ",
}
_WEST = ("French", "German", "Spanish", "Portuguese", "Swedish", "Danish", "Italian", "Dutch", "Icelandic")
_CENTRAL = ("Polish", "Czech", "Slovak", "Hungarian", "Croatian", "Slovene", "Romanian", "German")
_CYRILLIC = ("Russian", "Ukrainian")
PAGES: tuple[tuple[str, float, tuple[str, ...]], ...] = (
    # codec, prior, the languages it was made for
    ("cp1252", 1.0, _WEST),
    ("iso8859-15", 0.99, _WEST),
    ("cp1250", 0.98, _CENTRAL),
    ("iso8859-2", 0.975, _CENTRAL),
    ("cp1251", 0.97, _CYRILLIC),
    ("koi8-r", 0.96, ("Russian",)),
    ("koi8-u", 0.955, ("Russian", "Ukrainian")),
    ("cp866", 0.95, ("Russian",)),
    ("iso8859-5", 0.945, _CYRILLIC),
    ("mac-cyrillic", 0.94, _CYRILLIC),
    ("cp855", 0.92, _CYRILLIC),
    ("cp1253", 0.96, ("Greek",)),
    ("cp737", 0.94, ("Greek",)),
    ("mac-greek", 0.92, ("Greek",)),
    ("cp1254", 0.96, ("Turkish",)),
    ("cp1255", 0.98, ("Hebrew",)),
    ("cp862", 0.94, ("Hebrew",)),
    ("cp1256", 0.95, ("Arabic", "Persian")),
    ("iso8859-6", 0.945, ("Arabic",)),
    ("cp1257", 0.95, ("Lithuanian", "Latvian", "Estonian")),
    ("cp874", 0.95, ("Thai",)),
    ("cp850", 0.94, _WEST),
    ("cp437", 0.93, ("French", "German", "Spanish", "Swedish", "Italian")),
    ("cp852", 0.92, _CENTRAL),
    ("cp857", 0.925, ("Turkish",)),
    ("mac-roman", 0.92, _WEST),
    ("mac-latin2", 0.91, _CENTRAL),
    ("mac-turkish", 0.905, ("Turkish",)),
)
_BORROWED = 0.95
"""A language in a page that has its letters but was made for others: Polish in cp1257."""
TYPED = frozenset("€–—‘’“”„…•™")
SIGNS = TYPED.union("£©®°±²³µ·½¼¾«»§¡¿ªº×№´ \u00a0\u200e\u200f")


@cache
def languages(codec: str) -> tuple[tuple[str, float], ...]:
    """The languages a page can hold, each with its worth there; those it was made for come first."""
    made_for = next(names for name, _, names in PAGES if name == codec)
    held = (
        name for name, letters in ALPHABETS.items() if name not in made_for and _holds(codec, letters.replace(" ", ""))
    )
    return (*((name, 1.0) for name in made_for), *((name, _BORROWED) for name in held))


@cache
def letters(language: str) -> frozenset[str]:
    """Its letters that are not ASCII, in both cases; for `WESTERN` those of many languages."""
    lower = ALPHABETS.get(language, language).replace(" ", "")
    return frozenset(lower + lower.upper())


@cache
def rare(language: str) -> frozenset[str]:
    """Those of its letters that are rare."""
    lower = ALPHABETS.get(language, language).partition(" ")[2]
    return frozenset(lower + lower.upper())


def _holds(codec: str, text: str) -> bool:
    """Whether the page has the letters, but for one: old pages are used for languages whose rarest letter they lack."""
    return len(text) - len(text.encode(codec, "ignore").decode(codec)) <= len(text) // 5
