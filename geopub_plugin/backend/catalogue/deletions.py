"""Deleting with everything that stands on it: what would go is said first, and nothing is left behind."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Callable, Dict, Iterable, List, Mapping, Sequence, Set

from sqlalchemy import Connection, select

from ..errors import Conflict
from ..translation import tr
from . import checks, processings, tables
from .annexes import annexes, delete_annexe
from .configurations import Configuration, configurations, delete_configuration
from .datasheets import Datasheet
from .executions import CHECK, Execution, executions, live_on_input, live_on_output
from .listed_styles import layers_of, listed_styles
from .offerings import offerings, remove_offering
from .records import delete_record, records
from .statics import delete_static, statics
from .store import Store
from .stored_data import delete_stored_data, stored_data
from .uploads import delete_upload, size_of, uploads

TO_END_SECONDS = 15  # for an execution that is aborted: its worker is killed half a second after it was asked to end

# In the order in which they go: what stands on another before that other.
KINDS = ("execution", "offering", "configuration", "static", "annexe", "record", "stored_data", "upload")


@dataclass(frozen=True)
class Doomed:
    """One thing that a deletion takes away."""

    kind: str  # one of KINDS
    id: str
    name: str
    status: str = ""
    size: int = 0  # bytes
    type: str = ""  # of a service: "WFS", "WMS-VECTOR", …


@dataclass
class _Set:
    """Ids by kind, and what they pull with them."""

    connection: Connection
    ids: Dict[str, Set[str]] = field(default_factory=lambda: {kind: set() for kind in KINDS})

    def close(self) -> None:
        """Add everything that stands on what is in the set, and what only that needs."""
        for static in self.ids["static"]:
            drawn = tables.configuration_static.c
            self.ids["configuration"] |= self._column(drawn.configuration, drawn.static == static)
        for data in self.ids["stored_data"]:
            link = tables.configuration_data.c
            self.ids["configuration"] |= self._column(link.configuration, link.stored_data == data)
            running = live_on_input(self.connection, data) + live_on_output(self.connection, data)
            self.ids["execution"] |= {one.id for one in running}
        for upload in self.ids["upload"]:
            columns = tables.execution.c
            checking = executions.find(self.connection, columns.upload == upload, columns.family == CHECK)
            running = [*live_on_input(self.connection, upload), *(one for one in checking if one.live)]
            self.ids["execution"] |= {one.id for one in running}
        for configuration in self.ids["configuration"]:
            columns = tables.offering.c
            self.ids["offering"] |= self._column(columns.id, columns.configuration == configuration)
            self.ids["annexe"] |= self._style_annexes(configuration)
        self.ids["static"] |= self._statics_of_these_only()

    def doomed(self) -> List[Doomed]:
        """Return what is in the set, in the order in which it goes."""
        return [
            _DESCRIBED[kind](self.connection, one)
            for kind in KINDS
            for one in _ROWS[kind].find(self.connection, _ROWS[kind].table.c.id.in_(self.ids[kind]))
        ]

    def _statics_of_these_only(self) -> Set[str]:
        link, ours = tables.configuration_static.c, self.ids["configuration"]
        drawn = self._column(link.static, link.configuration.in_(ours))
        return drawn - self._column(link.static, link.configuration.not_in(ours))

    def _style_annexes(self, configuration: str) -> Set[str]:
        """Return the annexes that hold the client-side styles of a configuration."""
        extra = configurations.get(self.connection, configuration).extra
        layers = [layer for style in listed_styles(extra) for layer in layers_of(style)]
        named = {str(layer.get("annexe_id")) for layer in layers}
        named |= {str(one) for layer in layers if isinstance(layer.get("beside"), list) for one in layer["beside"]}
        return {one.id for one in annexes.find(self.connection, tables.annexe.c.id.in_(named))}

    def _column(self, column: Any, condition: Any) -> Set[str]:
        return set(self.connection.execute(select(column).where(condition)).scalars())


def consequences(connection: Connection, kind: str, identifier: str) -> List[Doomed]:
    """Return everything that the deletion of an entity takes away, in its order; the entity itself is the last."""
    doomed = _Set(connection)
    doomed.ids[kind].add(identifier)
    doomed.close()
    listed = doomed.doomed()
    return [one for one in listed if one.id != identifier] + [one for one in listed if one.id == identifier]


def consequences_of_datasheet(connection: Connection, sheet: Datasheet) -> List[Doomed]:
    """Return everything that belongs to a datasheet, in the order in which it goes."""
    doomed = _Set(connection)
    doomed.ids["upload"] = {one.id for one in sheet.uploads}
    doomed.ids["stored_data"] = {one.id for one in sheet.stored_data}
    doomed.ids["configuration"] = {one.id for one in sheet.configurations}
    doomed.ids["record"] = {one.id for one in sheet.records}
    doomed.ids["annexe"] = {one.id for one in sheet.annexes}
    doomed.close()
    return doomed.doomed()


def consequences_of_all(connection: Connection, ids: Mapping[str, Iterable[str]]) -> List[Doomed]:
    """Return what the deletion of several entities (ids by kind) takes away, in the order in which it goes."""
    doomed = _Set(connection)
    for kind, some in ids.items():
        doomed.ids[kind] |= set(some)
    doomed.close()
    return doomed.doomed()


def delete_all(store: Store, doomed: Sequence[Doomed]) -> None:
    """Delete things in the order that they are given in; what is interrupted can be asked for again.

    Raises:
        Conflict: an execution that was ended does not end.
    """
    running = [one.id for one in doomed if one.kind == "execution"]
    for identifier in running:
        _end(store, identifier)
    _wait_for_end(store, running)
    for one in doomed:
        if one.kind != "execution":
            with store.reading() as connection:
                rows = _ROWS[one.kind]
                found = rows.find(connection, rows.table.c.id == one.id)
            for entity in found:  # none: it has gone with another
                _DELETED[one.kind](store, entity)


def _end(store: Store, identifier: str) -> None:
    with store.reading() as connection:
        current: Execution = executions.get(connection, identifier)
    if current.live:
        (checks.cancel if current.family == CHECK else processings.abort)(store, current)


def _wait_for_end(store: Store, identifiers: Sequence[str]) -> None:
    def ended() -> bool:
        with store.reading() as connection:
            return not any(one.live for one in executions.find(connection, tables.execution.c.id.in_(identifiers)))

    with store.database.committed:
        over = store.database.committed.wait_for(ended, TO_END_SECONDS) if identifiers else True
    if not over:
        raise Conflict(
            tr("What was to be deleted is in use."),
            tr("Execution {identifier} works on it, and has not ended yet.", identifier=identifiers[0]),
            tr("Try again in a moment."),
        )


_ROWS: Dict[str, Any] = {
    "execution": executions,
    "offering": offerings,
    "configuration": configurations,
    "static": statics,
    "annexe": annexes,
    "record": records,
    "stored_data": stored_data,
    "upload": uploads,
}

_DELETED: Dict[str, Callable[[Store, Any], None]] = {
    "offering": remove_offering,
    "configuration": delete_configuration,
    "static": delete_static,
    "annexe": delete_annexe,
    "record": delete_record,
    "stored_data": delete_stored_data,
    "upload": delete_upload,
}


def _configuration(one: Configuration) -> Doomed:
    return Doomed("configuration", one.id, one.layer_name, one.status, type=one.type)


_DESCRIBED: Dict[str, Callable[[Connection, Any], Doomed]] = {
    "execution": lambda _connection, one: Doomed("execution", one.id, one.program, one.status),
    "offering": lambda connection, one: replace(
        _configuration(configurations.get(connection, one.configuration)), kind="offering", id=one.id, status=one.status
    ),
    "configuration": lambda _connection, one: replace(_configuration(one), name=one.name),
    "static": lambda _connection, one: Doomed("static", one.id, one.name, size=one.size),
    "annexe": lambda _connection, one: Doomed("annexe", one.id, ", ".join(one.paths), size=one.size),
    "record": lambda _connection, one: Doomed("record", one.id, one.file_identifier),
    "stored_data": lambda _connection, one: Doomed("stored_data", one.id, one.name, one.status, one.size),
    "upload": lambda connection, one: Doomed("upload", one.id, one.name, one.status, size_of(connection, one.id)),
}
