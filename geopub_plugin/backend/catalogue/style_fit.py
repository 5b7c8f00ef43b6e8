"""Whether a style fits the table that it is to draw."""

from __future__ import annotations

from typing import Any, Dict

from ..errors import InvalidInput
from ..faults import blocking
from ..features.geopackage import feature_tables
from ..styles.checks import check
from ..translation import tr
from .definitions import Definition
from .store import Store
from .stored_data import DataRevision


def refuse_unfit_styles(store: Store, definition: Definition) -> None:
    """Check the styles of a WMS-VECTOR definition against their tables.

    Raises:
        InvalidInput: with the faults of the first style that does not fit.
    """
    styles = {style.id: style for style in definition.styles}
    if not styles:
        return
    for item, data in zip(definition.type_infos["used_data"], definition.data):
        schemas = {schema.name: schema for schema in feature_tables(data.place(store.folder))}
        for relation in item["relations"]:
            if not relation["style"]:
                continue
            style = styles[relation["style"]]
            content = style.place(store).read_bytes()
            faults = blocking(check(content, schemas[relation["name"]], field_names(data, relation["name"])))
            if faults:
                raise InvalidInput(
                    tr(
                        "The style “{style}” does not fit the table “{table}”.",
                        style=style.name,
                        table=relation["name"],
                    ),
                    " ".join(fault.sentence for fault in faults),
                    faults=faults,
                )


def field_names(data: DataRevision, table: str) -> Dict[str, str]:
    """Return what integration has called the columns of a table: name as delivered -> name now."""
    names: Dict[str, Any] = data.details.get("names") or {}
    return next((dict(one.get("fields", {})) for one in names.values() if one.get("name") == table), {})
