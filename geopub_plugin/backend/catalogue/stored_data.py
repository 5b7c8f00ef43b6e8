"""Stored data: what integration and pyramids produced, as immutable revisions behind one id."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from sqlalchemy import Connection, delete, func, insert, select

from ..errors import Conflict
from ..translation import tr
from . import tables
from .database import now
from .executions import live_on_input, live_on_output
from .journal import JournaledRows
from .lifecycles import STORED_DATA, step
from .rows import DatastoreEntity, Rows
from .store import Store

SUFFIXES = {"VECTOR-DB": ".gpkg", "ROK4-PYRAMID-VECTOR": ".pmtiles"}
LABELS = {"VECTOR-DB": "VECTEUR", "ROK4-PYRAMID-VECTOR": "PYRAMIDE"}


@dataclass(frozen=True)
class StoredData(DatastoreEntity):
    """One stored data; its columns show the current revision."""

    name: str
    description: str
    type: str
    srs: str
    status: str
    open: bool
    public_activity: bool
    storage: str
    revision: int
    size: int
    extent: Optional[Dict[str, Any]]
    type_infos: Dict[str, Any]
    edition: Dict[str, Any]
    tags: Dict[str, str]
    extra: Dict[str, Any]


@dataclass(frozen=True)
class DataRevision:
    """One immutable state of a stored data."""

    stored_data: str
    number: int
    created: str
    suffix: str
    size: int
    srs: str
    bounds: Tuple[float, float, float, float]  # west, south, east, north
    details: Dict[str, Any]
    sha256: str = ""  # of the file; "" when not known

    def place(self, store_folder: Any) -> Path:
        """Return its file."""
        return store_folder.stored_file(self.stored_data, str(self.number), self.suffix)

    def relation(self, name: str) -> Optional[Dict[str, Any]]:
        """Return one relation of a VECTOR-DB, None when it has none of this name."""
        return next((one for one in self.details.get("relations", ()) if one["name"] == name), None)


stored_data: Rows[StoredData] = JournaledRows(tables.stored_data, StoredData)


def create_output(connection: Connection, datastore: str, name: str, kind: str) -> StoredData:
    """Make the stored data that an execution is going to fill."""
    storage = _storage_for(connection, datastore, kind)
    return stored_data.add(
        connection, datastore=datastore, name=name, type=kind, status="CREATED", storage=storage, srs=""
    )


def become(connection: Connection, identifier: str, status: str, **values: Any) -> StoredData:
    """Take a step in the life of a stored data."""
    current = stored_data.get(connection, identifier)
    following = step(STORED_DATA, current.name, current.status, status)
    return stored_data.change(connection, identifier, status=following, **values)


def abandon(connection: Connection, identifier: str) -> StoredData:
    """Settle a stored data whose execution has not succeeded: its former revision stands, if it has one."""
    current = stored_data.get(connection, identifier)
    settled = {"MODIFYING": "GENERATED", "GENERATING": "UNSTABLE", "CREATED": "UNSTABLE"}
    if current.status not in settled:
        return current
    return become(connection, identifier, settled[current.status])


def next_number(connection: Connection, identifier: str) -> int:
    """Return the number of the revision that is to come."""
    column = tables.data_revision.c
    last = connection.execute(select(func.max(column.number)).where(column.stored_data == identifier)).scalar()
    return (last or 0) + 1


def add_revision(
    connection: Connection, identifier: str, number: int, result: Mapping[str, Any], sha256: str
) -> StoredData:
    """Make the result of a job, whose file is in its place, the current revision.

    Args:
        connection: of the transaction.
        identifier: the stored data.
        number: of the new revision.
        result: what the "integrate" or the "pyramid" job returned; `bounds` in WGS 84.
        sha256: of the file.
    """
    current = stored_data.get(connection, identifier)
    kept = ("relations", "levels", "names", "faults", "report", "source")
    details = {name: result[name] for name in kept if result.get(name) is not None}
    bounds = [float(side) for side in result["bounds"]]
    connection.execute(
        insert(tables.data_revision).values(
            stored_data=identifier,
            number=number,
            created=now(),
            suffix=SUFFIXES[current.type],
            size=int(result["size"]),
            sha256=sha256,
            srs=result.get("srs") or "EPSG:3857",
            bounds=bounds,
            details=details,
        )
    )
    return show(connection, current, revision(connection, identifier, number))


def revisions(connection: Connection, identifier: str) -> List[DataRevision]:
    """Return every revision that is kept, newest first."""
    columns = tables.data_revision.c
    rows = connection.execute(
        select(tables.data_revision).where(columns.stored_data == identifier).order_by(columns.number.desc())
    )
    return [DataRevision(**{**row._mapping, "bounds": tuple(row.bounds)}) for row in rows]


def revision(connection: Connection, identifier: str, number: int) -> DataRevision:
    """Return one revision."""
    return next(one for one in revisions(connection, identifier) if one.number == number)


def prune(connection: Connection, identifier: str, kept: int) -> List[DataRevision]:
    """Forget the revisions behind the last few, but none that is shown; return them for their files' removal."""
    shown = pinned(connection, identifier) | {stored_data.get(connection, identifier).revision}
    old = [one for one in revisions(connection, identifier)[kept:] if one.number not in shown]
    columns = tables.data_revision.c
    numbers = [one.number for one in old]
    connection.execute(
        delete(tables.data_revision).where(columns.stored_data == identifier, columns.number.in_(numbers))
    )
    return old


def pinned(connection: Connection, identifier: str) -> set:
    """Return the numbers of the revisions that offerings show."""
    published = connection.execute(select(tables.offering.c.published)).scalars()
    return {shown["data"][identifier] for shown in published if identifier in shown.get("data", {})}


def configurations_on(connection: Connection, identifier: str) -> Sequence[str]:
    """Return the names of the configurations that use a stored data."""
    link, configuration = tables.configuration_data, tables.configuration
    query = select(configuration.c.name).join(link, link.c.configuration == configuration.c.id)
    return list(connection.execute(query.where(link.c.stored_data == identifier)).scalars())


def delete_stored_data(store: Store, data: StoredData) -> None:
    """Delete a stored data with its revisions and the executions that made it.

    Raises:
        Conflict: a configuration uses it, or an execution reads or makes it.
    """
    with store.writing() as connection:
        used = configurations_on(connection, data.id)
        if used:
            raise Conflict(
                tr("The data “{name}” is in use.", name=data.name),
                tr("Services show it: {services}.", services=", ".join(used)),
                tr("Unpublish these and delete their configurations first."),
            )
        running = live_on_input(connection, data.id) + live_on_output(connection, data.id)
        if running:
            raise Conflict(
                tr("The data “{name}” is in use.", name=data.name),
                tr("Execution {identifier} works on it.", identifier=running[0].id),
                tr("Wait for its end, or abort it."),
            )
        become(connection, data.id, "DELETED")
        stored_data.remove(connection, data.id)
    store.folder.remove(store.folder.stored(data.id))


def show(connection: Connection, current: StoredData, shown: DataRevision) -> StoredData:
    """Make a revision the current one."""
    geopub = {
        "names": shown.details.get("names", {}),
        "faults": shown.details.get("faults", []),
        "revision": shown.number,
        "report": shown.details.get("report", {}),
    }
    if current.type == "VECTOR-DB":
        type_infos: Dict[str, Any] = {"relations": shown.details["relations"]}
    else:
        type_infos = {"tms": "PM", "levels": shown.details["levels"]}
    return become(
        connection,
        current.id,
        "GENERATED",
        revision=shown.number,
        srs=shown.srs,
        size=shown.size,
        extent=extent(shown.bounds),
        type_infos=type_infos,
        extra={**current.extra, "geopub": geopub},
    )


def extent(bounds: Sequence[float]) -> Dict[str, Any]:
    """Return bounds in WGS 84 as a GeoJSON Feature (RFC 7946, section 3.2)."""
    west, south, east, north = bounds
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def _storage_for(connection: Connection, datastore: str, kind: str) -> str:
    link, storage = tables.datastore_storage, tables.storage
    query = (
        select(storage.c.id, storage.c.labels)
        .join(link, link.c.storage == storage.c.id)
        .where(link.c.datastore == datastore, link.c.purpose == "data")
    )
    for row in connection.execute(query):
        if LABELS[kind] in row.labels:
            return row.id
    raise Conflict(
        tr("There is no storage for data of type {type}.", type=kind),
        tr("No storage of the datastore carries the label {label}.", label=LABELS[kind]),
    )
