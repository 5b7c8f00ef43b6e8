"""What an audit of a store can find, and the collection of it."""

from __future__ import annotations

from typing import Dict, Iterable, List, Tuple

from ..faults import Fault, Severity
from ..translation import tr

MOST_EXAMPLES = 10

Texts = Tuple[Severity, str, str, str]  # what, why, cure


class Findings:
    """Findings of one audit, gathered by their kind."""

    def __init__(self) -> None:
        self._examples: Dict[str, List[str]] = {}

    def add(self, kind: str, example: str) -> None:
        """Note one case of a kind of finding; the example says which file or row, and what was seen."""
        self._examples.setdefault(kind, []).append(example)

    def add_all(self, kind: str, examples: Iterable[str]) -> None:
        """Note several cases."""
        for example in examples:
            self.add(kind, example)

    def faults(self) -> Tuple[Fault, ...]:
        """Return what was found, damage first."""
        texts = _texts()
        found = []
        for kind, examples in self._examples.items():
            severity, what, why, cure = texts[kind]
            shown = tuple(examples[:MOST_EXAMPLES])
            found.append(Fault(f"store.{kind}", severity, what, why, cure, count=len(examples), examples=shown))
        return tuple(sorted(found, key=lambda fault: (fault.severity is not Severity.ERROR, fault.id)))


def _texts() -> Dict[str, Texts]:
    """Return the texts of every kind."""
    return {**_damaged_files(), **_damaged_rows(), **_unfinished()}


def _damaged_files() -> Dict[str, Texts]:
    restore = _restore()
    return {
        "file-missing": (
            Severity.ERROR,
            tr("Files of the catalogue are missing."),
            tr("Somebody removed them."),
            restore,
        ),
        "file-size": (
            Severity.ERROR,
            tr("Files have not the size that the catalogue notes."),
            tr("They were cut off or changed from outside."),
            restore,
        ),
        "file-checksum": (
            Severity.ERROR,
            tr("Files are not what was stored."),
            tr("Their checksum differs: the disk is damaged, or they were changed from outside."),
            restore,
        ),
        "geopackage-damaged": (Severity.ERROR, tr("GeoPackages are damaged."), tr("SQLite says so."), restore),
        "index-damaged": (
            Severity.ERROR,
            tr("Spatial indexes do not fit their tables."),
            tr("Services would not find every feature."),
            restore,
        ),
        "tables-differ": (
            Severity.ERROR,
            tr("GeoPackages have other tables or other numbers of rows than the catalogue notes."),
            tr("They were changed from outside."),
            restore,
        ),
        "pyramid-unreadable": (
            Severity.ERROR,
            tr("Pyramids cannot be read."),
            tr("Their directories or tiles are damaged."),
            tr("Build them again from their data."),
        ),
    }


def _damaged_rows() -> Dict[str, Texts]:
    report = tr("Report it, with the log of the backend.")
    return {
        "database-damaged": (Severity.ERROR, tr("The catalogue is damaged."), tr("The database says so."), _restore()),
        "row-orphan": (Severity.ERROR, tr("Rows of the catalogue refer to what is not there."), "", report),
        "pin-lost": (
            Severity.ERROR,
            tr("Services show revisions or styles that are not there."),
            "",
            tr("Synchronise these offerings, or unpublish them."),
        ),
        "revision-wrong": (Severity.ERROR, tr("Data do not show their current revision."), "", report),
        "state-unknown": (Severity.ERROR, tr("States are none of their life cycle."), "", report),
        "state-incoherent": (Severity.ERROR, tr("States contradict each other."), "", report),
        "failure-unexplained": (Severity.ERROR, tr("Executions failed without a word in their log."), "", report),
    }


def _unfinished() -> Dict[str, Texts]:
    """Return what the next start of the backend mends by itself."""
    next_start = tr("Nothing is to be done: the next start of the backend mends it.")
    cut_short = tr("The backend ended in the middle of something.")
    return {
        "file-unnamed": (Severity.WARNING, tr("Files belong to nothing in the catalogue."), cut_short, next_start),
        "part-short": (
            Severity.WARNING,
            tr("Files on their way in have lost bytes."),
            cut_short,
            tr("The next start of the backend goes back to what is there; the client sends the rest again."),
        ),
        "state-unsettled": (
            Severity.WARNING,
            tr("States wait for something that no longer runs."),
            cut_short,
            next_start,
        ),
    }


def _restore() -> str:
    return tr("Restore the data folder from a backup, or deliver and publish the data again.")
