"""Columns of words, and of what programs write into one cell: lists, JSON, paths, several lines."""

from __future__ import annotations

import json
import random

from benchmarks.detection.columns import Column, Locale, Maker


def _sentence(r: random.Random, locale: Locale, low: int = 2, high: int = 12) -> str:
    words = [r.choice(locale.language.words) for _ in range(r.randrange(low, high))]
    return (" ".join(words) + r.choice(["", ".", "!", ""])).capitalize()


def person(r: random.Random, locale: Locale) -> Column:
    language = locale.language
    turned = r.random() < 0.3
    form = "{1}, {0}" if turned else "{0} {1}"
    name = r.choice(["name", "customer", "Name", "Kunde", "nombre", "contact"])
    return Column(name, lambda: form.format(r.choice(language.first), r.choice(language.last)))


def surname(r: random.Random, locale: Locale) -> Column:
    return Column(r.choice(["last_name", "Nachname", "surname"]), lambda: r.choice(locale.language.last))


def city(r: random.Random, locale: Locale) -> Column:
    return Column(r.choice(["city", "Ort", "ciudad", "ville"]), lambda: r.choice(locale.language.cities))


def address(r: random.Random, locale: Locale) -> Column:
    language = locale.language

    def cell() -> str:
        return f"{r.randrange(1, 300)} {r.choice(language.streets)}, {r.choice(language.cities)}"

    return Column(r.choice(["address", "Anschrift", "dirección"]), cell)


def text(r: random.Random, locale: Locale) -> Column:
    return Column(r.choice(["comment", "Bemerkung", "notes", "description"]), lambda: _sentence(r, locale))


def prose(r: random.Random, locale: Locale) -> Column:
    def cell() -> str:
        middle = r.choice([", ", "; ", ' - "and so on" - ', ": ", " | ", ", "])
        return f"{_sentence(r, locale)}{middle}{_sentence(r, locale)}"

    return Column(r.choice(["remarks", "Beschreibung", "message", "text"]), cell)


def lines(r: random.Random, locale: Locale) -> Column:
    most = r.choice([2, 3, 12])

    def cell() -> str:
        return "\n".join(_sentence(r, locale) for _ in range(r.randrange(1, most + 1)))

    return Column(r.choice(["body", "review", "history"]), cell)


def flag(r: random.Random, locale: Locale) -> Column:
    values = r.choice([("true", "false"), ("yes", "no"), ("Y", "N"), ("ja", "nein"), ("TRUE", "FALSE"), ("x", "")])
    return Column(r.choice(["active", "paid", "aktiv", "deleted"]), lambda: r.choice(values))


def choice(r: random.Random, locale: Locale) -> Column:
    values = r.choice([("red", "green", "blue"), ("new", "open", "closed"), ("A", "B", "C"), ("in-store", "on-line")])
    return Column(r.choice(["status", "colour", "category", "channel"]), lambda: r.choice(values))


def sparse(r: random.Random, locale: Locale) -> Column:
    empty = r.choice(["", "", "", "NA", "NULL", "-", "n/a"])
    name = r.choice(["discount", "rating", "extra"])
    return Column(name, lambda: str(r.randrange(99)) if r.random() < 0.3 else empty)


def data(r: random.Random, locale: Locale) -> Column:
    def cell() -> str:
        return json.dumps({"id": r.randrange(99), "tags": ["a", "b"][: r.randrange(3)], "ok": r.random() < 0.5})

    return Column(r.choice(["data", "payload", "json"]), cell)


def listed(r: random.Random, locale: Locale) -> Column:
    between = r.choice([";", ",", "|", ", ", " / ", "; "])
    values = r.choice([("red", "green", "blue", "black"), ("1", "2", "3", "14"), ("tag a", "tag b", "tag c", "tag d")])
    around = r.choice([("", ""), ("", ""), ("[", "]"), ("{", "}")])

    def cell() -> str:
        return around[0] + between.join(r.sample(values, r.randrange(1, 5))) + around[1]

    return Column(r.choice(["tags", "options", "members"]), cell)


def path(r: random.Random, locale: Locale) -> Column:
    form = r.choice(["C:\\data\\{}\\{}.txt", "/var/lib/{}/{}.log", "\\\\server\\{}\\{}", "{}/{}.csv"])
    return Column(
        r.choice(["path", "file", "Datei"]),
        lambda: form.format(r.choice(["in", "out"]), r.choice(["new", "table x", "rest"])),
    )


def agent(r: random.Random, locale: Locale) -> Column:
    forms = (
        "Mozilla/5.0 (X11; Linux x86_64; rv:{0}.0) Gecko/20100101 Firefox/{0}.0",
        "curl/8.{}",
        "Opera/9.{} (Windows; U)",
    )
    return Column("user_agent", lambda: r.choice(forms).format(r.randrange(60, 130)))


def inches(r: random.Random, locale: Locale) -> Column:
    after = r.choice([(" disk", " pipe", " screen"), ("",), (' x 4"',)])
    return Column(r.choice(["size", "item"]), lambda: f'{r.randrange(1, 60)}"{r.choice(after)}')


def markup(r: random.Random, locale: Locale) -> Column:
    forms = r.choice(
        [
            ('<a href="x?id={}&b=2">{}</a>', "<b>{}</b>; {}"),
            ("=SUM(A{};B{})", "=A{}+B{}"),
            ("color={};size={}", "color={}"),
            ("^[a-z]{{{}}}$|{}", "x.*{}"),
            ("SELECT a, b FROM t WHERE id = {} OR n = '{}'",),
            ("👍 {}", "🚚 {} → {}"),
        ]
    )
    return Column(
        r.choice(["html", "formula", "attributes", "rule"]),
        lambda: r.choice(forms).format(r.randrange(99), r.randrange(99)),
    )


def pair(r: random.Random, locale: Locale) -> Column:
    form = r.choice(["{:.4f}, {:.4f}", "({:.5f}, {:.5f})", "{:.3f},{:.3f}"])
    return Column(
        r.choice(["location", "coordinates"]), lambda: form.format(r.uniform(-90, 90), r.uniform(-180, 180)), True
    )


TEXT: tuple[Maker, ...] = (person, person, surname, city, address, text, text, prose, flag, choice)
WILD: tuple[Maker, ...] = (pair, sparse, sparse, lines, data, listed, path, agent, inches, markup)
