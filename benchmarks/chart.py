"""Bar charts as SVG, readable on light and dark pages."""

from __future__ import annotations

from html import escape

_WIDTH, _LABEL, _BAR, _GAP, _TOP = 860, 230, 18, 6, 50
_OURS, _OTHERS = "#2f7d4f", "#8a94a6"
_CLIPPED = 12.0  # a bar longer than this many times our longest is cut, its number says how long it is


def bars(title: str, groups: dict[str, list[tuple[str, float]]]) -> str:
    """Horizontal bars, one group below the other, each with its number."""
    shapes: list[str] = []
    y = _TOP
    for name, items in groups.items():
        shapes.append(f'<text x="10" y="{y}" font-weight="bold">{escape(name)}</text>')
        y += 10
        most = _longest(items)
        for label, value in items:
            shapes += _bar(label, value, most, y)
            y += _BAR + _GAP
        y += 30
    style = "text{font:13px sans-serif;fill:#6b7280}"
    top = f'<text x="10" y="22" font-weight="bold" style="font-size:15px">{escape(title)}</text>'
    body = "\n".join(shapes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{y}" viewBox="0 0 {_WIDTH} {y}" role="img" '
        f'aria-label="{escape(title)}">\n<style>{style}</style>\n{top}\n{body}\n</svg>\n'
    )


def _longest(items: list[tuple[str, float]]) -> float:
    ours = max((value for label, value in items if label.startswith("csvapi")), default=0)
    most = max((value for _, value in items), default=1)
    return min(most, ours * _CLIPPED) if ours else most


def _bar(label: str, value: float, most: float, y: int) -> list[str]:
    room = _WIDTH - _LABEL - 110
    length = max(1, round(room * min(value / most, 1)))
    colour = _OURS if label.startswith("csvapi") else _OTHERS
    number = f"{value:.2f}" if value < 100 else f"{value:,.0f}"
    cut = " …" if value > most else ""
    return [
        f'<text x="{_LABEL - 8}" y="{y + 14}" text-anchor="end">{escape(label)}</text>',
        f'<rect x="{_LABEL}" y="{y}" width="{length}" height="{_BAR}" rx="3" fill="{colour}"/>',
        f'<text x="{_LABEL + length + 6}" y="{y + 14}">{number}{cut}</text>',
    ]
