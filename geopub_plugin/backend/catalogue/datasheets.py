"""Datasheets: everything that shares one `datasheet_name`, in a tag or in a label, and the state of the whole."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from sqlalchemy import Connection, select

from ..errors import NotFound
from ..translation import tr
from . import tables
from .annexes import Annexe, annexes
from .configurations import Configuration, configurations
from .offerings import Offering, offerings
from .records import Record, records
from .stored_data import StoredData, stored_data
from .uploads import Upload, uploads

TAG = "datasheet_name"
STATES = ("PUBLISHED", "INTEGRATING", "FAILED", "UNPUBLISHED")


@dataclass
class Datasheet:
    """What one name holds together."""

    name: str
    uploads: List[Upload] = field(default_factory=list)
    stored_data: List[StoredData] = field(default_factory=list)
    configurations: List[Configuration] = field(default_factory=list)
    offerings: Dict[str, Offering] = field(default_factory=dict)  # by configuration
    records: List[Record] = field(default_factory=list)
    annexes: List[Annexe] = field(default_factory=list)

    @property
    def title(self) -> str:
        """The title that its services carry, or else its name."""
        for configuration in self.configurations:
            infos = configuration.type_infos
            relations = [one for item in infos.get("used_data", ()) for one in item.get("relations", ())]
            title = infos.get("title") or (relations[0].get("title") if len(relations) == 1 else "")
            if title:
                return title
        return self.name

    @property
    def live(self) -> int:
        """How many services it has that are published."""
        return sum(offering.status in ("PUBLISHED", "MODIFYING") for offering in self.offerings.values())

    @property
    def state(self) -> str:
        """The first of `STATES` that fits."""
        if self.live:
            return "PUBLISHED"
        if any(upload.status == "CHECKING" for upload in self.uploads) or any(
            data.status in ("GENERATING", "MODIFYING") for data in self.stored_data
        ):
            return "INTEGRATING"
        unstable: Sequence[Any] = [*self.uploads, *self.stored_data]
        return "FAILED" if any(entity.status == "UNSTABLE" for entity in unstable) else "UNPUBLISHED"

    @property
    def updated(self) -> str:
        """When something of it last changed."""
        return max(entity.updated for entity in self._entities())

    @property
    def created(self) -> str:
        """When the first thing of it was made."""
        return min(entity.created for entity in self._entities())

    def annexes_of(self, kind: str) -> List[Annexe]:
        """Return the annexes labelled with a type: "thumbnail", "document", "document-list", "style"."""
        return [annexe for annexe in self.annexes if f"type={kind}" in annexe.labels]

    @property
    def thumbnail(self) -> Optional[Annexe]:
        """Its picture, the newest one, None when it has none that is public."""
        shown = [annexe for annexe in self.annexes_of("thumbnail") if annexe.published]
        return shown[-1] if shown else None

    def _entities(self) -> List[Any]:
        members = (self.uploads, self.stored_data, self.configurations, self.records, self.annexes)
        return [*self.offerings.values(), *(entity for member in members for entity in member)]


def alphabetical(text: str) -> str:
    """Return what sorts a text where people look for it: "éclairage" between "Bois" and "Zones"."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


_ORDERS: Dict[str, Callable[[Datasheet], Any]] = {
    "name": lambda sheet: alphabetical(sheet.name),
    "title": lambda sheet: alphabetical(sheet.title),
    "services": lambda sheet: sheet.live,
    "update": lambda sheet: sheet.updated,
    "creation": lambda sheet: sheet.created,
}
SORTABLE: Tuple[str, ...] = tuple(_ORDERS)


def datasheets(connection: Connection, datastore: str) -> List[Datasheet]:
    """Return the datasheets of a datastore, by name."""
    sheets: Dict[str, Datasheet] = {}
    tagged = ((uploads, "uploads"), (stored_data, "stored_data"), (configurations, "configurations"))
    for rows, member in (*tagged, (records, "records")):
        for entity in rows.find(connection, rows.table.c.datastore == datastore):  # type: ignore[attr-defined]
            name = entity.tags.get(TAG)
            if name:
                getattr(sheets.setdefault(name, Datasheet(name)), member).append(entity)
    for annexe in annexes.find(connection, tables.annexe.c.datastore == datastore):
        for name in named_by(annexe.labels):
            sheets.setdefault(name, Datasheet(name)).annexes.append(annexe)
    _add_offerings(connection, datastore, sheets)
    return sorted(sheets.values(), key=_ORDERS["name"])


def datasheet(connection: Connection, datastore: str, name: str) -> Datasheet:
    """Return one datasheet, or raise NotFound."""
    found = [sheet for sheet in datasheets(connection, datastore) if sheet.name == name]
    if not found:
        raise NotFound(tr("There is no datasheet “{name}”.", name=name))
    return found[0]


def chosen(
    sheets: Sequence[Datasheet],
    text: str = "",
    published: Optional[bool] = None,
    order: str = "name",
    down: bool = False,
) -> List[Datasheet]:
    """Return the datasheets whose name or title holds a text, published or not, in an order of `SORTABLE`."""
    wanted = text.strip("%").casefold()
    found = [
        sheet
        for sheet in sheets
        if (wanted in sheet.name.casefold() or wanted in sheet.title.casefold())
        and published in (None, sheet.state == "PUBLISHED")
    ]
    return sorted(found, key=_ORDERS[order], reverse=down)


def named_by(labels: Sequence[str]) -> List[str]:
    """Return the names of datasheets in the labels of an annexe."""
    return [label.partition("=")[2] for label in labels if label.startswith(f"{TAG}=") and len(label) > len(TAG) + 1]


def _add_offerings(connection: Connection, datastore: str, sheets: Dict[str, Datasheet]) -> None:
    published = offerings.find(connection, tables.offering.c.datastore == datastore)
    by_configuration = {offering.configuration: offering for offering in published}
    for sheet in sheets.values():
        for configuration in sheet.configurations:
            if configuration.id in by_configuration:
                sheet.offerings[configuration.id] = by_configuration[configuration.id]


def configurations_of_datasheet(connection: Connection, datastore: str, name: str) -> List[Configuration]:
    """Return the configurations that carry the name of a datasheet."""
    column = tables.configuration.c
    named = select(column.id).where(column.datastore == datastore, column.tags[TAG].as_string() == name)
    return configurations.find(connection, column.id.in_(named))
