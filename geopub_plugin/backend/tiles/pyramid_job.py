"""The job "pyramid": from the parameters of a processing to an archive in the work folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple, Union

from ..jobs.progress import Progress
from ..jobs.turns import OURS
from ..translation import tr
from .area import area_of
from .executors import usual_count
from .options import parse_options
from .plan import ALL, PyramidPlan, TablePlan
from .pyramid import build
from .report import PyramidReport
from .sources import tables_in
from .work_folders import sweep

ARCHIVE = "pyramid.pmtiles"
_SMALL = 4_000_000  # bytes of data: below, starting processes takes longer than the work
_LARGE = 16_000_000  # above, it takes so long that whoever publishes the tiles sees them before they are all there
_TO_OFFER = 0.25  # seconds, in which they are mostly offered


def run(parameters: Dict[str, Any], work: Path, progress: Progress) -> Dict[str, Any]:
    """Build the pyramid that the parameters describe (as in docs/architecture.md) into `work`/pyramid.pmtiles.

    `checkpoints`, if given, is a folder on the same disk, in which finished blocks outlive a crash; what others left
    there is removed after a day. `jobs` is the number of processes. `offered` (by default it is) says that somebody may
    look at the tiles while they are made. `previous`, if given, names the files `data` and
    `archive` of an earlier revision: tiles that no change has touched are copied from there. `source` is returned as it
    is given.
    """
    plan = plan_of(parameters)
    checkpoints = Path(parameters["checkpoints"]) if parameters.get("checkpoints") else None
    if checkpoints is not None:
        sweep(checkpoints)
    jobs = int(parameters.get("jobs") or 0) or _jobs(plan.tables)
    previous = parameters.get("previous")
    report = None
    if previous:
        from .rebuild import Previous, rebuild  # here: a full build needs none of it

        former = Previous(Path(previous["data"]), Path(previous["archive"]))
        report = rebuild(plan, former, work / ARCHIVE, progress)
    if report is None:
        if parameters.get("offered", True) and _size(plan.tables) > _LARGE and not previous:
            OURS.wait(at_least=_TO_OFFER)
        report = build(plan, work / ARCHIVE, progress, jobs=jobs, checkpoints=checkpoints)
    else:
        progress.log(tr("{rebuilt} tiles were built, {copied} copied.", rebuilt=report.rebuilt, copied=report.copied))
    return {
        "source": parameters.get("source"),
        "file": ARCHIVE,
        "levels": [str(level) for level in range(plan.top_level, plan.bottom_level + 1)],
        "bounds": list(report.bounds),
        "size": report.size,
        "report": report.as_json(),
    }


def plan_of(parameters: Mapping[str, Any]) -> PyramidPlan:
    """Return the plan that the parameters of the job describe; raise InvalidInput for what cannot be built."""
    data = Path(parameters["data"])
    tables = tuple(_table(data, one) for one in parameters["composition"])
    return PyramidPlan(
        tables,
        parse_options(parameters.get("options") or ""),
        area_of(parameters.get("area") or ""),
        name=parameters.get("name") or (tables[0].layer if tables else ""),
    )


def build_pyramid_file(
    data: Path,
    out: Path,
    levels: Tuple[int, int],
    tables: Optional[Sequence[str]] = None,
    attributes: Sequence[str] = ALL,
    options: str = "",
    area: str = "",
    jobs: Optional[int] = None,
    progress: Optional[Progress] = None,
) -> PyramidReport:
    """Build the tables of a GeoPackage (all by default) into one archive; a table's layer has its name."""
    names = list(tables) if tables else [table.name for table in tables_in(data)]
    chosen = tuple(TablePlan(data, name, name, levels[0], levels[1], tuple(attributes)) for name in names)
    plan = PyramidPlan(chosen, parse_options(options), area_of(area), name=data.stem)
    return build(plan, out, progress, jobs=_jobs(chosen) if jobs is None else jobs)


def _table(data: Path, entry: Dict[str, Any]) -> TablePlan:
    return TablePlan(
        data=data,
        table=entry["table"],
        layer=entry.get("layer") or entry["table"],
        top_level=int(entry["top_level"]),
        bottom_level=int(entry["bottom_level"]),
        attributes=_names(entry.get("attributes") or ALL),
        filter=entry.get("filter") or "",
    )


def _names(attributes: Union[str, Iterable[str]]) -> Tuple[str, ...]:
    """Return attribute names from a list, or from a text with commas as older clients send it."""
    names: List[str] = attributes.split(",") if isinstance(attributes, str) else list(attributes)
    return tuple(name.strip() for name in names if name.strip())


def _jobs(tables: Sequence[TablePlan]) -> int:
    """Return how many processes the work is worth."""
    return usual_count() if _size(tables) > _SMALL else 1


def _size(tables: Sequence[TablePlan]) -> int:
    """Return the bytes of the files that hold the tables."""
    return sum(file.stat().st_size for file in {one.data for one in tables} if file.exists())
