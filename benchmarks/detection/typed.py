"""Columns whose cells are told from a name by their form: numbers, dates, addresses, codes."""

from __future__ import annotations

import random
from collections.abc import Callable

from benchmarks.detection.columns import Column, Locale, Maker


def _decimals(r: random.Random, locale: Locale, low: float, high: float, digits: int) -> str:
    text = f"{r.uniform(low, high):.{digits}f}"
    return text.replace(".", ",") if locale.comma else text


def _grouped(r: random.Random, locale: Locale, high: int, group: str) -> str:
    between, point = (group or ".", ",") if locale.comma else (group or ",", ".")
    whole, _, cents = f"{r.uniform(1, high):,.2f}".partition(".")
    return whole.replace(",", between) + point + cents


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
    group = r.choice(["", "", "", "'", " ", "\u00a0"])
    name = r.choice(["amount", "Umsatz", "Total", "net (EUR)", "cost"])
    return Column(name, lambda: f"{before}{_grouped(r, locale, 100_000, group)}{after}", True)


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


def bits(r: random.Random, locale: Locale) -> Column:
    return Column(r.choice(["flag", "x1", "seen", "v2"]), lambda: r.choice("01"), True)


def version(r: random.Random, locale: Locale) -> Column:
    before = r.choice(["", "v"])
    return Column(
        r.choice(["version", "release"]), lambda: f"{before}{r.randrange(9)}.{r.randrange(20)}.{r.randrange(99)}", True
    )


def unit(r: random.Random, locale: Locale) -> Column:
    after = r.choice([" kg", "kg", " km", " °C", " ms", "MB", " kWh"])
    return Column(r.choice(["size", "distance", "load"]), lambda: _decimals(r, locale, 0, 500, 1) + after, True)


def identity(r: random.Random, locale: Locale) -> Column:
    def uuid() -> str:
        text = f"{r.getrandbits(128):032x}"
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))

    forms: list[Callable[[], str]] = [
        uuid,
        lambda: f"{r.getrandbits(160):040x}",
        lambda: ":".join(f"{r.randrange(256):02x}" for _ in range(6)),
        lambda: ":".join(f"{r.randrange(65536):x}" for _ in range(8)),
    ]
    return Column(r.choice(["uuid", "hash", "key", "device"]), r.choice(forms), True)


def logged(r: random.Random, locale: Locale) -> Column:
    def cell() -> str:
        clock = f"{r.randrange(24):02}:{r.randrange(60):02}:{r.randrange(60):02},{r.randrange(1000):03}"
        return f"{r.randrange(2010, 2026)}-{r.randrange(1, 13):02}-{r.randrange(1, 29):02} {clock}"

    return Column(r.choice(["logged", "asctime"]), cell, True)


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
TYPED += (time, email, url, ip, phone, code, place, bits, version, unit, identity, logged)
