"""Columns as people have them: a name, and cells that are made alike all the way down."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from benchmarks.detection.words import Language


@dataclass(frozen=True)
class Column:
    """`typed` columns are told from a name by the form of each cell: numbers, dates, addresses, codes with digits."""

    name: str
    cell: Callable[[], str]
    typed: bool = False


@dataclass(frozen=True)
class Locale:
    """What holds in the whole file: its language, and whether decimals follow a comma."""

    language: Language
    comma: bool


Maker = Callable[[random.Random, Locale], Column]


def _decimals(r: random.Random, locale: Locale, low: float, high: float, digits: int) -> str:
    text = f"{r.uniform(low, high):.{digits}f}"
    return text.replace(".", ",") if locale.comma else text


def _grouped(r: random.Random, locale: Locale, high: int) -> str:
    text = f"{r.uniform(1, high):,.2f}"
    return text.translate(str.maketrans(",.", ".,")) if locale.comma else text


def _sentence(r: random.Random, locale: Locale, low: int = 2, high: int = 12) -> str:
    words = [r.choice(locale.language.words) for _ in range(r.randrange(low, high))]
    return (" ".join(words) + r.choice(["", ".", "!", ""])).capitalize()


def _day(r: random.Random) -> tuple[int, int, int]:
    return r.randrange(1995, 2026), r.randrange(1, 13), r.randrange(1, 29)


def number(r: random.Random, locale: Locale) -> Column:
    high = r.choice([10, 100, 100_000, 10**9])
    return Column(
        r.choice(["id", "quantity", "Menge", "count", "n", "Nr", "Order ID"]), lambda: str(r.randrange(high)), True
    )


def running(r: random.Random, locale: Locale) -> Column:
    count = iter(range(r.choice([0, 1, 1, 1000]), 10**6))
    return Column(r.choice(["id", "row", "#", "No.", "lfd. Nr."]), lambda: str(next(count)), True)


def padded(r: random.Random, locale: Locale) -> Column:
    width = r.randrange(3, 8)
    return Column(r.choice(["zip", "PLZ", "account", "konto"]), lambda: f"{r.randrange(10**width):0{width}}", True)


def decimal(r: random.Random, locale: Locale) -> Column:
    high, digits = r.choice([1.0, 100.0, 5000.0]), r.choice([1, 2, 2, 3, 6])
    sign = -high if r.random() < 0.2 else 0.0
    name = r.choice(["price", "Preis", "value", "temp", "weight (kg)", "score", "Betrag", "montant", "y"])
    return Column(name, lambda: _decimals(r, locale, sign, high, digits), True)


def exponent(r: random.Random, locale: Locale) -> Column:
    return Column(
        r.choice(["flux", "p-value", "energy"]), lambda: f"{r.uniform(1, 10):.3f}e{r.randrange(-12, 12):+03}", True
    )


def money(r: random.Random, locale: Locale) -> Column:
    before, after = r.choice([("$", ""), ("€ ", ""), ("", " €"), ("£", ""), ("", " EUR"), ("USD ", ""), ("", "")])
    name = r.choice(["amount", "Umsatz", "Total", "net (EUR)", "cost"])
    return Column(name, lambda: f"{before}{_grouped(r, locale, 100_000)}{after}", True)


def percent(r: random.Random, locale: Locale) -> Column:
    space = r.choice(["", "", " "])
    return Column(
        r.choice(["share", "Anteil", "rate (%)", "pct"]), lambda: f"{_decimals(r, locale, 0, 100, 1)}{space}%", True
    )


def day(r: random.Random, locale: Locale) -> Column:
    form = r.choice(
        ["{y}-{m:02}-{d:02}"] * 4
        + [
            "{d:02}.{m:02}.{y}",
            "{m}/{d}/{y}",
            "{d:02}/{m:02}/{y}",
            "{y}/{m:02}/{d:02}",
            "{d}-{name}-{y}",
            "{y}{m:02}{d:02}",
        ]
        + ["{d:02}.{m:02}.{s:02}", "{name} {d}, {y}", "{d} {name} {y}"]
    )

    def cell() -> str:
        y, m, d = _day(r)
        return form.format(y=y, m=m, d=d, s=y % 100, name=locale.language.months[m - 1])

    return Column(r.choice(["date", "Datum", "fecha", "start_date", "birthday", "Date"]), cell, True)


def moment(r: random.Random, locale: Locale) -> Column:
    between, zone = r.choice([" ", "T"]), r.choice(["", "", "Z", "+01", "+01:00", " UTC", "-0500"])
    part = r.choice(["", "", ".{:03}", ".{:06}"])

    def cell() -> str:
        y, m, d = _day(r)
        seconds = f"{r.randrange(60):02}" + part.format(r.randrange(1000))
        return f"{y}-{m:02}-{d:02}{between}{r.randrange(24):02}:{r.randrange(60):02}:{seconds}{zone}"

    return Column(r.choice(["created_at", "timestamp", "Zeitpunkt", "modified"]), cell, True)


def time(r: random.Random, locale: Locale) -> Column:
    half = r.random() < 0.2
    seconds = r.random() < 0.4

    def cell() -> str:
        text = f"{r.randrange(1, 13 if half else 24):02}:{r.randrange(60):02}"
        text += f":{r.randrange(60):02}" if seconds else ""
        return text + (r.choice([" AM", " PM"]) if half else "")

    return Column(r.choice(["time", "Uhrzeit", "hora", "departure"]), cell, True)


def email(r: random.Random, locale: Locale) -> Column:
    host = r.choice(["example.com", "mail.example.org", "firma.example"])
    return Column(
        r.choice(["email", "E-Mail", "mail"]), lambda: f"{r.choice('abcdefgh')}.user{r.randrange(999)}@{host}", True
    )


def url(r: random.Random, locale: Locale) -> Column:
    form = r.choice(["{}", "{}?a=1&b=2", "{}?q=x%20y", "{}#top", "{}?ids=1,2;c=3"])
    return Column(
        r.choice(["url", "link", "Website"]), lambda: "https://example.com/p/" + form.format(r.randrange(9999)), True
    )


def ip(r: random.Random, locale: Locale) -> Column:
    port = r.random() < 0.2
    tail: Callable[[], str] = (lambda: f":{r.randrange(1, 65536)}") if port else (lambda: "")
    return Column(
        r.choice(["ip", "host", "client_ip"]), lambda: ".".join(str(r.randrange(256)) for _ in range(4)) + tail(), True
    )


def phone(r: random.Random, locale: Locale) -> Column:
    form = r.choice(["+49 {} {}", "({}) {}", "{}-{}", "+1-{}-{}", "0{}/{}"])
    name = r.choice(["phone", "Telefon", "tel", "mobile"])
    return Column(name, lambda: form.format(r.randrange(100, 999), r.randrange(100_000, 9_999_999)), True)


def code(r: random.Random, locale: Locale) -> Column:
    form = r.choice(["{a}{b}-{n:03}", "{a}{n:05}", "{n:04}/{b}", "{a}{b}{a}_{n}", "{n:04x}-{n:04x}", "#{n:06x}"])

    def cell() -> str:
        return form.format(a=r.choice("ABCDEF"), b=r.choice("XYZ"), n=r.randrange(10_000))

    return Column(r.choice(["code", "sku", "Artikelnummer", "ref"]), cell, True)


def place(r: random.Random, locale: Locale) -> Column:
    return Column(r.choice(["lat", "lon", "latitude"]), lambda: f"{r.uniform(-90, 90):.{r.choice([4, 6])}f}", True)


def pair(r: random.Random, locale: Locale) -> Column:
    form = r.choice(["{:.4f}, {:.4f}", "({:.5f}, {:.5f})", "{:.3f},{:.3f}"])
    return Column(
        r.choice(["location", "coordinates"]), lambda: form.format(r.uniform(-90, 90), r.uniform(-180, 180)), True
    )


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
    return Column(r.choice(["size", "item"]), lambda: f'{r.randrange(1, 60)}" {r.choice(["disk", "pipe", "screen"])}')


TYPED: tuple[Maker, ...] = (
    number,
    number,
    running,
    padded,
    decimal,
    decimal,
    exponent,
    money,
    percent,
    day,
    day,
    moment,
)
TYPED += (time, email, url, ip, phone, code, place)
TEXT: tuple[Maker, ...] = (person, person, surname, city, address, text, text, prose, flag, choice)
WILD: tuple[Maker, ...] = (pair, sparse, sparse, lines, data, listed, path, agent, inches)
ORDINARY: tuple[Maker, ...] = (running, person, decimal, day, moment, email, address, text, code, city)


def columns(r: random.Random, locale: Locale, makers: list[Maker]) -> list[Column]:
    """One column of each maker; names that come twice are numbered."""
    made: list[Column] = []
    case = r.choice([str, str, str, str.upper, str.title, lambda name: name.lower().replace(" ", "_")])
    for maker in makers:
        column = maker(r, locale)
        name, taken = case(column.name), {each.name for each in made}
        number = 2
        while name in taken:
            name, number = f"{case(column.name)} {number}", number + 1
        made.append(replace(column, name=name))
    return made
