"""Styles and the tables that they draw: whether they fit, and what integration's new column names change in them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, Tuple

from sqlalchemy import Connection

from ..disk import storing
from ..errors import InvalidInput
from ..faults import blocking
from ..features.geopackage import feature_tables
from ..styles.checks import check
from ..styles.rename import rename
from ..translation import tr
from .statics import Static, statics
from .store import Store
from .stored_data import DataRevision

Revisions = Mapping[str, DataRevision]  # by stored data
StylePins = Dict[str, List[str]]  # "<stored data>/<table>" -> static, name of its file, suffix


def styled_tables(type_infos: Mapping[str, Any]) -> Iterator[Tuple[str, str, str]]:
    """Yield stored data, table and static of every table that is drawn with a style."""
    for item in type_infos["used_data"]:
        for relation in item.get("relations", ()):
            if relation.get("style"):
                yield item["stored_data"], relation["name"], relation["style"]


def fit_styles(store: Store, connection: Connection, type_infos: Mapping[str, Any], data: Revisions) -> StylePins:
    """Return the style files with which tables are to be drawn, made where columns have new names.

    Raises:
        InvalidInput: with the faults of the first style that does not fit its table.
    """
    pins: StylePins = {}
    for identifier, table, style in styled_tables(type_infos):
        static = statics.get(connection, style)
        content = static.place(store).read_bytes()
        refuse_unfit(store, static.name, content, data[identifier], table)
        pins[f"{identifier}/{table}"] = [
            static.id,
            _file(store, static, content, data[identifier], table),
            static.suffix,
        ]
    return pins


def refuse_unfit(store: Store, name: str, content: bytes, data: DataRevision, table: str) -> None:
    """Check a style against the table that it is to draw, or refuse it with its faults."""
    schema = next(one for one in feature_tables(data.place(store.folder)) if one.name == table)
    faults = blocking(check(content, schema, _column_names(data, table)))
    if faults:
        raise InvalidInput(
            tr("The style “{style}” does not fit the table “{table}”.", style=name, table=table),
            " ".join(fault.sentence for fault in faults),
            faults=faults,
        )


def pins_of(published: Mapping[str, Any]) -> Iterator[StylePins]:
    """Yield the pins of each style that an offering shows: of that which is drawn by itself, and of the others."""
    yield published.get("styles", {})
    yield from (style["styles"] for style in published.get("named_styles", ()) if style["styles"] is not None)


def pinned_file(store: Store, pin: List[str]) -> Path:
    """Return the file of a pinned style."""
    static, name, suffix = pin
    return store.folder.static_file(static, name, suffix)


def _file(store: Store, static: Static, content: bytes, data: DataRevision, table: str) -> str:
    """Return the name of the file that draws a table: the style as it came, or one with the columns' new names."""
    fitted = rename(content, _column_names(data, table))
    if fitted == content:
        return str(static.revision)
    name = hashlib.sha256(fitted).hexdigest()[:32]
    place = store.folder.static_file(static.id, name, static.suffix)
    if not place.exists():
        work = store.folder.work_folder(static.id)
        made = work / place.name
        with storing(store.folder.path):
            made.write_bytes(fitted)
        store.folder.publish(made, place)
        store.folder.remove(work)
    return name


def _column_names(data: DataRevision, table: str) -> Dict[str, str]:
    """Return what integration has called the columns of a table: name as delivered -> name now."""
    names: Dict[str, Any] = data.details.get("names") or {}
    return next((dict(one.get("fields", {})) for one in names.values() if one.get("name") == table), {})
