"""The versions of what a datasheet publishes: data and styles, each with its revisions, to compare and bring back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, List, Mapping, Tuple

from ..backend.errors import NotFound
from ..backend.translation import tr
from .client import Store
from .client.configurations import WMS
from .client.datasheets import Datasheet
from .client.revisions import Revision
from .service_definitions import every_style

DATA, STYLE, METADATA = "data", "style", "metadata"  # kinds, as `Revisions` knows them
VECTOR_DB = "VECTOR-DB"


@dataclass(frozen=True)
class Versioned:
    """Something of a datasheet that has revisions."""

    kind: str  # DATA, STYLE or METADATA
    id: str
    name: str  # of the datasheet for its METADATA
    revisions: Tuple[Revision, ...]  # newest first

    @property
    def current(self) -> int:
        """The number of the version that is shown, 0 where there is none."""
        return next((one.number for one in self.revisions if one.current), 0)


def versions(store: Store, sheet: Datasheet) -> Tuple[Versioned, ...]:
    """Return the data, styles and record of a datasheet with their revisions; none on a store that keeps none."""
    found: List[Versioned] = []
    try:
        for identifier in sheet.stored_data:
            data = store.stored_data.get(identifier)
            if data.type == VECTOR_DB:
                found.append(Versioned(DATA, data.id, data.name, store.revisions.list(DATA, data.id)))
        names = {static.id: static.name for static in store.statics.list()}
        for service in sheet.services:
            if service.type == WMS:
                for style in every_style(store.configurations.get(service.configuration)):
                    kept = store.revisions.list(STYLE, style)
                    found.append(Versioned(STYLE, style, names.get(style, style), kept))
        record = store.records.of_datasheet(sheet.name)
        if record is not None:
            found.append(Versioned(METADATA, record.id, sheet.name, store.revisions.list(METADATA, record.id)))
    except NotFound:
        return ()
    return tuple(found)


def bring_back(store: Store, one: Versioned, number: int, published: int) -> bool:
    """Show a version again, and tell whether it is the one that was published last, which has the number `published`.

    Styles and records become a new version with the old content, so they are told by that.
    """
    store.revisions.roll_back(one.kind, one.id, number)
    return same_version(store, one, number, published)


def same_version(store: Store, one: Versioned, number: int, published: int) -> bool:
    """Tell whether two versions are the same; one that is kept no more is like none."""
    if number == published or one.kind == DATA:
        return number == published
    try:
        return bool(store.revisions.compare(one.kind, one.id, published, number).get("same"))
    except NotFound:
        return False


def told_difference(kind: str, difference: Mapping[str, Any]) -> Tuple[str, ...]:
    """Return in words, a line each, what a comparison of two revisions found."""
    if kind != DATA:
        return tuple(difference.get("difference") or ()) or (tr("No difference."),)
    lines: List[str] = []
    srs = difference.get("srs") or {}
    if srs.get("before") != srs.get("after"):
        lines.append(tr("Coordinate system: {before} → {after}", before=srs.get("before"), after=srs.get("after")))
    for table in difference.get("tables") or ():
        lines += _told_table(table)
    return tuple(lines) or (tr("No difference."),)


def _told_table(table: Mapping[str, Any]) -> List[str]:
    name, rows, columns = str(table.get("name")), table.get("rows") or {}, table.get("columns") or {}
    if table.get("state") == "added":
        return [tr("Table “{name}”: added", name=name)]
    if table.get("state") == "removed":
        return [tr("Table “{name}”: removed", name=name)]
    counts = {how: int((rows.get(how) or {}).get("count") or 0) for how in ("added", "changed", "removed")}
    lines = []
    if any(counts.values()):
        lines.append(
            tr("Table “{name}”: rows added {added}, changed {changed}, removed {removed}", name=name, **counts)
        )
    words = {"added": tr("columns added"), "changed": tr("columns changed"), "removed": tr("columns removed")}
    for how, told in words.items():
        if columns.get(how):
            named = ", ".join(str(one) for one in columns[how])
            lines.append("    " + tr("{name}: {told}", name=told, told=named))
    return lines
