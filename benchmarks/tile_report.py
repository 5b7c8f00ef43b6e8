"""The tables of RESULTS.md about vector tiles."""

from __future__ import annotations

import datetime
import os
import platform
import re
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Callable, Dict, Iterable, List, Sequence, Tuple

from process_meter import Usage
from tile_archives import LevelContents
from tile_data import DataSet
from tile_growth import Step
from tile_limits import Limits
from tile_peers import BOTTOM, GDAL, GEOPUB, TIPPECANOE, TOP, commands_shown
from tile_pictures import Share

RESULTS = Path(__file__).resolve().parent / "RESULTS.md"
GOAL, GDAL_GOAL = 4.0, 20.0
_SAME, _ALIKE = 0.02, 0.01  # of features; of pixels
_QUIET = 0.1  # of the processors: when others use more, times say little


@dataclass(frozen=True)
class Outcome:
    """What the programs took for one set, and what they made of it."""

    data: DataSet
    turns: Dict[str, List[Usage]]  # by program
    contents: Dict[str, Dict[int, LevelContents]]  # by program and level
    dropped: Dict[int, int]  # by level, by the peer's own account
    pictures: Dict[int, List[Share]]  # by level, shares of pixels that differ from the peer's
    limits: Limits

    def typical(self, program: str, of: Callable[[Usage], float]) -> float:
        """Return the median of a program's runs."""
        return median(of(used) for used in self.turns[program])


def written(section: str, results: Path, name: str) -> None:
    """Put a section in its place in the file; what others wrote there stays."""
    begin, end = f"<!-- begin: {name} -->", f"<!-- end: {name} -->"
    before = results.read_text("utf-8") if results.exists() else "# Results of the benchmarks\n"
    block = f"{begin}\n{section}\n{end}\n"
    if begin in before:
        head, rest = before.split(begin, 1)
        results.write_text(head + block + rest.split(f"{end}\n", 1)[1], "utf-8")
    else:
        results.write_text(f"{before.rstrip()}\n\n{block}", "utf-8")


def published(outcomes: Sequence[Outcome], runs: int, load: float) -> str:
    """Return the section."""
    parts = [_circumstances(outcomes, runs, load), _times(outcomes), _limits(outcomes), _made(outcomes)]
    return "\n\n".join([*parts, _features(outcomes), _pictures(outcomes)])


def growth_published(data: DataSet, steps: Sequence[Step], load: float) -> str:
    """Return the section on growth."""
    rows, walls = [], {}
    for features, jobs in dict.fromkeys((step.features, step.jobs) for step in steps):
        runs = [step.used for step in steps if (step.features, step.jobs) == (features, jobs)]
        wall = walls[features, jobs] = median(used.wall for used in runs)
        rows.append([
            f"{features:,}", str(jobs), f"{len(runs)}", f"{wall:.1f} s", f"{1e6 * wall / features:.1f} µs",
            f"{median(used.cpu for used in runs):.1f} s", f"{max(used.memory for used in runs) / 1e6:.0f} MB",
        ])  # fmt: skip
    (_, alone), (together, shared) = list(walls.items())[:2]
    return "\n\n".join([
        "## Growth of vector tile pyramids",
        f"{_machine()}. Copies of {data.name} side by side. Medians. " + _busy(load, [step.used for step in steps]),
        _table(("features", "processes", "runs", "time", "a feature", "CPU", "memory"), rows),
        f"{together[1]} processes are {alone / shared:.2f} times as fast as one (goal: {0.8 * together[1]:.1f}).",
    ])  # fmt: skip


def _circumstances(outcomes: Sequence[Outcome], runs: int, load: float) -> str:
    turns = [used for one in outcomes for turn in one.turns.values() for used in turn]
    made = "" if all(one.data.real for one in outcomes) else " **The real data were absent: these sets were made.**"
    commands = [line for lines in commands_shown().values() for line in lines]
    return "\n".join(
        [
            "## Vector tile pyramids", "",
            f"{_machine()}. {'One run' if runs == 1 else f'Medians of {runs} runs'}, in turn.{made}", "",
            _busy(load, turns), "",
            *(f"* {program.version()}" for program in (GEOPUB, TIPPECANOE, GDAL)), "",
            "```", *commands, "```",
        ]
    )  # fmt: skip


def _machine() -> str:
    return (
        f"{datetime.date.today():%d %B %Y}, {os.cpu_count()} cores of {_processor()}, {platform.system()}, "
        f"Python {platform.python_version()}"
    )


def _busy(load: float, turns: Sequence[Usage]) -> str:
    """Say how much else was going on."""
    shares = [used.disturbance for used in turns]
    busy = "; **the machine was busy: the figures are uncertain**" if median(shares) > _QUIET else ""
    return (
        f"When the run began, the load was {load:.1f}; meanwhile other programs took {median(shares):.0%} of the "
        f"processors (median of all runs; at most {max(shares):.0%}){busy}."
    )


def _processor() -> str:
    found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return found.group(1) if found else platform.machine()


def _times(outcomes: Sequence[Outcome]) -> str:
    reached = sum(_even(one) and _ratio(one, TIPPECANOE.name, lambda used: used.wall) >= GOAL for one in outcomes)
    ratios = ("CPU", "tippecanoe", "ratio", "memory", "tippecanoe", "ratio")
    head = ("data", "features", "GeoPub", "tippecanoe", "times as fast", *ratios)
    gdal = [_gdal_line(one) for one in outcomes if GDAL.name in one.turns]
    return "\n\n".join([
        "### Time and memory",
        _table(head, [_time_row(one) for one in outcomes]),
        f"Time is from start to end of the programs, the conversion for tippecanoe included; memory is the greatest "
        f"sum of all processes' resident memory. {reached} of {len(outcomes)} sets reach the goal of {GOAL:g} times. "
        "In brackets: the machine was busier while one of the two ran, so that the ratio says nothing.",
        *([_table(("data", "GeoPub", "GDAL's MVT driver", "times as fast"), gdal)] if gdal else []),
    ])  # fmt: skip


def _time_row(one: Outcome) -> List[str]:
    measures: Sequence[Tuple[Callable[[Usage], float], str]] = (
        (lambda used: used.wall, ".1f} s"),
        (lambda used: used.cpu, ".1f} s"),
        (lambda used: used.memory / 1e6, ".0f} MB"),
    )
    row = [one.data.name, f"{one.data.features:,}"]
    for of, form in measures:
        row += [("{:" + form).format(one.typical(program.name, of)) for program in (GEOPUB, TIPPECANOE)]
        row.append(f"**{_ratio(one, TIPPECANOE.name, of):.1f}**")
    if not _even(one):
        row[4] = f"({row[4].strip('*')})"
    return row


def _even(one: Outcome) -> bool:
    """Tell whether the rest of the machine disturbed both programs about as much."""
    shares = [one.typical(program.name, lambda used: used.disturbance) for program in (GEOPUB, TIPPECANOE)]
    return abs(shares[0] - shares[1]) <= _QUIET


def _ratio(one: Outcome, peer: str, of: Callable[[Usage], float]) -> float:
    return one.typical(peer, of) / one.typical(GEOPUB.name, of)


def _gdal_line(one: Outcome) -> List[str]:
    least = "" if all(used.complete for used in one.turns[GDAL.name]) else "more than "
    own, peer = (one.typical(program.name, lambda used: used.wall) for program in (GEOPUB, GDAL))
    return [one.data.name, f"{own:.2f} s", f"{least}{peer:.1f} s", f"**{least}{peer / own:.1f}**"]


def _limits(outcomes: Sequence[Outcome]) -> str:
    rows = []
    for one in outcomes:
        least, cpu = one.limits, one.typical(GEOPUB.name, lambda used: used.cpu)
        total = least.reading + least.compressing + least.writing
        parts = ((least.read, least.reading), (least.compressed, least.compressing), (least.written, least.writing))
        shown = [f"{size / 1e6:.0f} MB, {seconds:.2f} s" for size, seconds in parts]
        rows.append([one.data.name, *shown, f"{total:.2f} s", f"{cpu:.1f} s", f"{total / cpu:.0%}"])
    head = ("data", "read the table", "compress the tiles", "write the archive", "together", "GeoPub's CPU", "share")
    text = (
        "What no engine can do without, measured by itself on one processor: SQLite reading all rows, "
        "compression as the engine does it, a copy of the archive."
    )
    return f"### Physical limits\n\n{_table(head, rows)}\n\n{text}"


def _made(outcomes: Sequence[Outcome]) -> str:
    rows = []
    for one in outcomes:
        for program, levels in one.contents.items():
            total = [sum(getattr(level, name) for level in levels.values()) for name in ("tiles", "features", "size")]
            largest = max(level.largest for level in levels.values())
            rows.append(
                [one.data.name, program, f"{total[0]:,}", f"{total[1]:,}", f"{total[2] / 1e6:.1f}", f"{largest:,}"]
            )
    head = ("data", "program", "tiles", "features in tiles", "MB of tiles", "largest tile")
    text = "Identical tiles count once in the MB, a feature counts in every tile that holds it."
    return f"### What was made\n\n{_table(head, rows)}\n\n{text}"


def _features(outcomes: Sequence[Outcome]) -> str:
    levels = range(TOP, BOTTOM + 1)
    rows = []
    for one in outcomes:
        own, peer = one.contents[GEOPUB.name], one.contents[TIPPECANOE.name]
        rows.append([one.data.name, "GeoPub", *(f"{_count(own, level):,}" for level in levels)])
        rows.append(["", TIPPECANOE.name, *(f"{_count(peer, level):,}" for level in levels)])
        rows.append(["", "difference", *(_differs(one, level) for level in levels)])
    head = ("data", "features", *(str(level) for level in levels))
    return "\n\n".join([
        "### Equal work: features of each level",
        _table(head, rows),
        "In brackets: tippecanoe says that it left features out, by rate or for the size of tiles. **Bold**: it did "
        "not, and the counts differ by more than 2 %.",
    ])  # fmt: skip


def _count(levels: Dict[int, LevelContents], level: int) -> int:
    return levels[level].features if level in levels else 0


def _differs(one: Outcome, level: int) -> str:
    own, peer = (_count(one.contents[name], level) for name in (GEOPUB.name, TIPPECANOE.name))
    share = own / peer - 1 if peer else 0.0
    text = f"{share:+.1%}"
    if one.dropped.get(level, 0):
        return f"({text})"
    return text if abs(share) <= _SAME else f"**{text}**"


def _pictures(outcomes: Sequence[Outcome]) -> str:
    levels = range(TOP, BOTTOM + 1)
    rows = []
    for one in outcomes:
        rows.append([one.data.name, "of all", *(_pixels(one, level, lambda share: share.of_all) for level in levels)])
        rows.append(["", "of drawn", *(_pixels(one, level, lambda share: share.of_drawn) for level in levels)])
    return "\n\n".join([
        "### Equal work: pictures",
        _table(("data", "pixels", *(str(level) for level in levels)), rows),
        "Share of pixels that differ by more than one pixel's width between the pictures of both archives (1024 × 1024 "
        "pixels, one flat style, mean of five places): of all pixels, and of those on which anything is drawn. "
        "**Bold**: over 1 %. In brackets: tippecanoe says that it left out features there.",
    ])  # fmt: skip


def _pixels(one: Outcome, level: int, of: Callable[[Share], float]) -> str:
    mean = sum(of(share) for share in one.pictures[level]) / len(one.pictures[level])
    if one.dropped.get(level, 0):
        return f"({mean:.2%})"
    return f"{mean:.2%}" if mean <= _ALIKE else f"**{mean:.2%}**"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
