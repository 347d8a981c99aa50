"""The figures as a plain table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.detection.judge import Verdict
from benchmarks.detection.peers import SECONDS, Score

PAGE = Path(__file__).parents[2] / "docs" / "detection.md"
_BEGIN, _END = "<!-- figures -->", "<!-- end of figures -->"
BUCKETS = ((0.0, 0.5), (0.5, 0.75), (0.75, 0.9), (0.9, 1.01))
_NAMES = ("below 0.5", "0.5 to 0.75", "0.75 to 0.9", "0.9 and above")


def _percent(right: int, count: int) -> str:
    return f"{100 * right / count:.1f} %" if count else "-"


def table(verdicts: Sequence[Verdict]) -> list[str]:
    """Accuracy by kind, a file under each of its kinds; the least accurate kinds first."""
    kinds: dict[str, list[Verdict]] = defaultdict(list)
    for each in verdicts:
        for kind in each.kinds:
            kinds[kind].append(each)
    lines = [f"{'kind':44}{'files':>8}{'right':>10}{'fields':>10}{'header':>10}{'preamble':>10}"]
    lines += [_line("all", verdicts)]
    worst = sorted(kinds.items(), key=lambda item: sum(each.right for each in item[1]) / len(item[1]))
    return lines + [_line(kind, found) for kind, found in worst]


def _line(name: str, found: Sequence[Verdict]) -> str:
    shares: Iterable[int] = (
        sum(each.right for each in found),
        sum(each.fields for each in found),
        sum(each.header for each in found),
        sum(each.preamble for each in found),
    )
    return f"{name:44}{len(found):>8}" + "".join(f"{_percent(share, len(found)):>10}" for share in shares)


def calibration(verdicts: Sequence[Verdict]) -> list[str]:
    lines = [f"{'confidence':44}{'files':>8}{'right':>10}"]
    for name, (low, high) in zip(_NAMES, BUCKETS, strict=True):
        found = [each for each in verdicts if low <= each.confidence < high]
        lines.append(f"{name:44}{len(found):>8}{_percent(sum(each.right for each in found), len(found)):>10}")
    return lines


def unreadable(verdicts: Sequence[Verdict]) -> list[str]:
    """How many files no detection could have got right, and what would be right without them."""
    count, right = sum(each.unreadable for each in verdicts), sum(each.right for each in verdicts)
    what = "read wrongly in their own dialect, too"
    return [
        f"{what:44}{count:>8}",
        f"{'right of the others':44}{len(verdicts) - count:>8}{_percent(right, len(verdicts) - count):>10}",
    ]


def wrong(verdicts: Sequence[Verdict], most: int) -> list[str]:
    """Seeds of files that were read wrongly, at most so many of each kind."""
    seeds: dict[str, list[int]] = defaultdict(list)
    for each in verdicts:
        if not each.right:
            for kind in each.kinds:
                seeds[kind].append(each.seed)
    return [f"{kind:44}{' '.join(map(str, found[:most]))}" for kind, found in sorted(seeds.items())]


def peers(scores: dict[str, Score], files: int) -> list[str]:
    lines = [f"{'detector, on ' + str(files) + ' of the files':44}{'':8}{'fields':>10}{f'over {SECONDS:g} s':>10}"]
    return lines + [f"{name:44}{'':8}{_percent(each.right, files):>10}{each.late:>10}" for name, each in scores.items()]


def publish(lines: Sequence[str], command: str) -> None:
    """Write the figures into docs/detection.md, between its marks."""
    before, rest = PAGE.read_text().split(_BEGIN)
    after = rest.split(_END)[1]
    day = datetime.now(UTC).strftime("%Y-%m-%d")
    figures = "\n".join([_BEGIN, f"`{command}` on {day}:", "", "```", *lines, "```", _END])
    PAGE.write_text(before + figures + after)
