"""What a configuration may say: `type_infos` of WFS, WMS-VECTOR and WMTS-TMS, read leniently, checked strictly."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Set, Tuple

from sqlalchemy import Connection

from ..errors import Conflict, InvalidInput
from ..translation import tr
from . import tables
from .awaited import awaited_pyramid
from .lifecycles import READABLE
from .statics import Static, statics
from .stored_data import DataRevision, StoredData, revision, stored_data

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_\-.]*")  # of a layer, of a public table

Json = Dict[str, Any]


@dataclass(frozen=True)
class Definition:
    """A checked `type_infos`, and the entities it stands on."""

    type_infos: Json
    data: Tuple[DataRevision, ...]
    styles: Tuple[Static, ...] = ()
    making: str = ""  # the stored data that is still being made, which a tile service may show already

    @property
    def stored_data(self) -> Set[str]:
        """The ids of the stored data, also of one that is still being made."""
        return {data.stored_data for data in self.data} | ({self.making} if self.making else set())

    @property
    def revisions(self) -> Dict[str, DataRevision]:
        """The data by the id of its stored data."""
        return {data.stored_data: data for data in self.data}


def define(connection: Connection, datastore: str, kind: str, type_infos: Mapping[str, Any]) -> Definition:
    """Check a definition against the data and styles that it names.

    Raises:
        InvalidInput: it is not complete, or names a table, a level or a style that is not there.
        Conflict: its data is not ready.
    """
    if kind not in _KINDS:
        raise InvalidInput(
            tr("Configurations of type “{type}” are not served here.", type=kind),
            cure=tr("Give one of: {types}.", types=", ".join(_KINDS)),
        )
    if not isinstance(type_infos, Mapping):
        raise _incomplete("type_infos")
    infos = dict(type_infos)
    if infos.get("bbox"):
        infos["bbox"] = _bbox(infos["bbox"])
    else:
        infos.pop("bbox", None)
    return _KINDS[kind](connection, datastore, infos)


def checked_layer_name(name: Any, prefix: str = "") -> str:
    """Return a layer name that every protocol can carry, or refuse it."""
    text = str(name or "")
    if not NAME.fullmatch(text):
        raise InvalidInput(
            tr("“{name}” cannot be the name of a layer.", name=text),
            tr("It must start with a letter or _ and hold only letters without accents, digits, _, - and dots."),
            tr("Give another layer_name."),
        )
    if prefix and (not text.startswith(f"{prefix}.") or text == f"{prefix}."):
        raise InvalidInput(
            tr("“{name}” cannot be the name of a layer.", name=text),
            tr("The names of this datastore start with “{prefix}.”.", prefix=prefix),
            tr("Give another layer_name."),
        )
    return text


def _wfs(connection: Connection, datastore: str, infos: Json) -> Definition:
    data, used = [], []
    names: List[str] = []
    for item in _used(infos):
        shown = _data(connection, datastore, item, "VECTOR-DB")
        relations = []
        for relation in _relations(item):
            native = _text(relation, "native_name")
            table = _relation(shown, native)
            public = str(relation.get("public_name") or native).strip()
            _check_public_name(public, names)
            names.append(public)
            title = str(relation.get("title") or table.get("title") or public)
            abstract = str(relation.get("abstract") or "")
            keywords = _keywords(relation)
            relations.append(
                {**relation, "native_name": native, "public_name": public, "title": title, "abstract": abstract}
            )
            relations[-1]["keywords"] = keywords
        used.append({**item, "relations": relations})
        data.append(shown)
    return Definition({**infos, "used_data": used}, tuple(data))


def _wms(connection: Connection, datastore: str, infos: Json) -> Definition:
    data, used, styles = [], [], []
    for item in _used(infos):
        shown = _data(connection, datastore, item, "VECTOR-DB")
        relations = []
        for relation in _relations(item):
            name = _text(relation, "name")
            _relation(shown, name)
            style = str(relation.get("style") or "")
            if style:
                styles.append(_style(connection, datastore, style))
            relations.append({**relation, "name": name, "style": style})
        used.append({**item, "relations": relations})
        data.append(shown)
    infos = {**infos, **_described(infos), "used_data": used}
    return Definition(infos, tuple(data), tuple(styles))


def _tms(connection: Connection, datastore: str, infos: Json) -> Definition:
    used = _used(infos)
    if len(used) != 1:
        raise InvalidInput(
            tr("A tile service shows one pyramid."), tr("The field “used_data” names {count}.", count=len(used))
        )
    item = used[0]
    top, bottom = _level(item, "top_level"), _level(item, "bottom_level")
    infos = {**infos, **_described(infos)}
    infos["used_data"] = [{**item, "top_level": str(top), "bottom_level": str(bottom)}]
    pyramid = _stored(connection, datastore, item, "ROK4-PYRAMID-VECTOR")
    awaited = awaited_pyramid(connection, pyramid.id)
    if awaited is not None:
        _check_range(top, bottom, awaited.top_level, awaited.bottom_level)
        return Definition(infos, (), making=pyramid.id)
    shown = _data(connection, datastore, item, "ROK4-PYRAMID-VECTOR")
    check_levels(shown, top, bottom)
    return Definition(infos, (shown,))


_KINDS: Dict[str, Callable[[Connection, str, Json], Definition]] = {"WFS": _wfs, "WMS-VECTOR": _wms, "WMTS-TMS": _tms}
TYPES: Tuple[str, ...] = tuple(_KINDS)


def check_levels(pyramid: DataRevision, top: int, bottom: int) -> None:
    """Refuse levels that a pyramid does not have."""
    levels = sorted(int(level) for level in pyramid.details["levels"])
    _check_range(top, bottom, levels[0], levels[-1])


def _check_range(top: int, bottom: int, first: int, last: int) -> None:
    if not first <= top <= bottom <= last:
        raise InvalidInput(
            tr("The levels {top} to {bottom} cannot be shown.", top=top, bottom=bottom),
            tr("The pyramid has the levels {first} to {last}.", first=first, last=last),
            tr("Give a top_level and a bottom_level among these, the top one first."),
        )


def missing_table(published: Mapping[str, Any], data: DataRevision) -> str:
    """Return the first table that a published definition shows and a revision does not have, "" for none."""
    for item in published["used_data"]:
        if item["stored_data"] == data.stored_data:
            for relation in item.get("relations", ()):
                name = relation.get("native_name") or relation["name"]
                if data.relation(name) is None:
                    return name
    return ""


def _used(infos: Json) -> Sequence[Json]:
    used = infos.get("used_data")
    if not isinstance(used, list) or not used or not all(isinstance(item, dict) for item in used):
        raise _incomplete("type_infos.used_data")
    return used


def _relations(item: Json) -> Sequence[Json]:
    relations = item.get("relations")
    if not isinstance(relations, list) or not relations or not all(isinstance(one, dict) for one in relations):
        raise _incomplete("type_infos.used_data.relations")
    return relations


def _stored(connection: Connection, datastore: str, item: Json, kind: str) -> StoredData:
    identifier = _text(item, "stored_data")
    found: List[StoredData] = stored_data.find(
        connection, tables.stored_data.c.id == identifier, tables.stored_data.c.datastore == datastore
    )
    if not found:
        raise InvalidInput(tr("There is no stored data {identifier} to publish.", identifier=identifier))
    data = found[0]
    if data.type != kind:
        raise InvalidInput(
            tr("“{name}” cannot be published by this service.", name=data.name),
            tr("It is of type {type}; the service shows data of type {other}.", type=data.type, other=kind),
        )
    return data


def _data(connection: Connection, datastore: str, item: Json, kind: str) -> DataRevision:
    data = _stored(connection, datastore, item, kind)
    if data.status not in READABLE or not data.revision:
        raise Conflict(
            tr("“{name}” is not ready to be published.", name=data.name),
            tr("It is {status}.", status=data.status),
            tr("Wait until it is GENERATED."),
        )
    return revision(connection, data.id, data.revision)


def _relation(data: DataRevision, name: str) -> Json:
    found = data.relation(name)
    if found is None:
        known = ", ".join(one["name"] for one in data.details["relations"])
        raise InvalidInput(
            tr("There is no table “{name}” to publish.", name=name),
            tr("The data has the tables: {tables}.", tables=known),
        )
    return found


def _style(connection: Connection, datastore: str, identifier: str) -> Static:
    columns = tables.static.c
    found = statics.find(connection, columns.id == identifier, columns.datastore == datastore)
    if not found:
        raise InvalidInput(
            tr("There is no style {identifier}.", identifier=identifier),
            cure=tr("Send the style as a static of type GEOSERVER-STYLE first."),
        )
    return found[0]


def _check_public_name(name: str, taken: Sequence[str]) -> None:
    if not NAME.fullmatch(name):
        raise InvalidInput(
            tr("“{name}” cannot be the public name of a table.", name=name),
            tr("It must start with a letter or _ and hold only letters without accents, digits, _, - and dots."),
            tr("Give another public_name."),
        )
    if name in taken:
        raise InvalidInput(
            tr("Two tables have the public name “{name}”.", name=name), cure=tr("Give each table its own public_name.")
        )


def _described(infos: Json) -> Json:
    return {
        "title": str(infos.get("title") or ""),
        "abstract": str(infos.get("abstract") or ""),
        "keywords": _keywords(infos),
    }


def _keywords(infos: Mapping[str, Any]) -> List[str]:
    words = infos.get("keywords") or []
    return [str(word) for word in (words if isinstance(words, list) else [words])]


def _bbox(value: Any) -> Dict[str, float]:
    try:
        west, south, east, north = (float(value[side]) for side in ("west", "south", "east", "north"))
    except (TypeError, KeyError, ValueError):
        raise _incomplete("type_infos.bbox") from None
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise InvalidInput(
            tr("The extent cannot be used."),
            tr("It goes from {west}, {south} to {east}, {north}.", west=west, south=south, east=east, north=north),
            tr("Give degrees: west and south first, and smaller; or leave bbox out, and it is computed."),
        )
    return {"west": west, "south": south, "east": east, "north": north}


def _level(item: Json, field: str) -> int:
    value: Optional[Any] = item.get(field)
    text = str(value).strip()
    if not text.isdigit() or isinstance(value, bool):
        raise _incomplete(f"type_infos.used_data.{field}")
    return int(text)


def _text(item: Json, field: str) -> str:
    value = item.get(field)
    if not isinstance(value, str) or not value:
        raise _incomplete(field)
    return value


def _incomplete(field: str) -> InvalidInput:
    return InvalidInput(
        tr("The configuration is not complete."),
        tr("The field “{field}” is missing or is not what it should be.", field=field),
        tr("See the description of configurations in docs/api.md."),
    )
