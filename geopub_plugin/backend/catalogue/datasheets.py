"""Datasheets: everything that shares one `datasheet_name` tag, and the state of the whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Dict, List, Sequence, Union

from sqlalchemy import Connection

from . import tables
from .configurations import Configuration, configurations
from .offerings import Offering, offerings
from .stored_data import StoredData, stored_data
from .uploads import Upload, uploads

TAG = "datasheet_name"


@dataclass
class Datasheet:
    """What one name holds together."""

    name: str
    uploads: List[Upload] = field(default_factory=list)
    stored_data: List[StoredData] = field(default_factory=list)
    configurations: List[Configuration] = field(default_factory=list)
    offerings: Dict[str, Offering] = field(default_factory=dict)  # by configuration

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
    def state(self) -> str:
        """PUBLISHED, INTEGRATING, FAILED or UNPUBLISHED, in this order of precedence."""
        if any(offering.status in ("PUBLISHED", "MODIFYING") for offering in self.offerings.values()):
            return "PUBLISHED"
        if any(upload.status == "CHECKING" for upload in self.uploads) or any(
            data.status in ("GENERATING", "MODIFYING") for data in self.stored_data
        ):
            return "INTEGRATING"
        unstable: Sequence[Union[Upload, StoredData]] = [*self.uploads, *self.stored_data]
        return "FAILED" if any(entity.status == "UNSTABLE" for entity in unstable) else "UNPUBLISHED"

    @property
    def updated(self) -> str:
        """When something of it last changed."""
        entities = [*self.uploads, *self.stored_data, *self.configurations, *self.offerings.values()]
        return max(entity.updated for entity in entities)


def datasheets(connection: Connection, datastore: str) -> List[Datasheet]:
    """Return the datasheets of a datastore, by name."""
    sheets: Dict[str, Datasheet] = {}
    for rows, member in ((uploads, "uploads"), (stored_data, "stored_data"), (configurations, "configurations")):
        for entity in rows.find(connection, rows.table.c.datastore == datastore):  # type: ignore[attr-defined]
            name = entity.tags.get(TAG)
            if name:
                getattr(sheets.setdefault(name, Datasheet(name)), member).append(entity)
    published = offerings.find(connection, tables.offering.c.datastore == datastore)
    by_configuration = {offering.configuration: offering for offering in published}
    for sheet in sheets.values():
        for configuration in sheet.configurations:
            if configuration.id in by_configuration:
                sheet.offerings[configuration.id] = by_configuration[configuration.id]
    return [sheets[name] for name in sorted(sheets, key=str.casefold)]
