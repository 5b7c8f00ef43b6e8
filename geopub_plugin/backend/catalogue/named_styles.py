"""Several styles of one map layer: listed in `extra.styles` of its configuration, pinned with what is published.

The list has the form in which the platform's clients keep the styles of their services: name, technical_name, current,
layers. A layer here is a table, and its style a static (`static_id`). What is drawn when no style is named is what
`type_infos` says, as on the platform; `current` only tells clients which of the list that is.
"""

from __future__ import annotations

import re
from typing import Any, Dict, List, Mapping, Optional, Sequence, Set, Tuple

from sqlalchemy import Connection

from ..errors import InvalidInput
from ..translation import tr
from . import tables
from .listed_styles import layers_of, listed_styles
from .statics import Static, statics
from .store import Store
from .style_fit import Revisions, StylePins, fit_styles, pins_of, styled_tables

Json = Dict[str, Any]
NAME = re.compile(r"[A-Za-z0-9_\-.]{1,100}")  # stands in lists with commas, and in paths


def listed_statics(extra: Mapping[str, Any]) -> Set[str]:
    """Return the statics that the styles of a configuration draw with."""
    return {static for style in _listed(extra) for static in _statics_of(style).values()}


def examine_listed(
    connection: Connection, datastore: str, type_infos: Mapping[str, Any], extra: Mapping[str, Any]
) -> None:
    """Refuse a list of styles that cannot be offered: names, tables, statics.

    Raises:
        InvalidInput: a name cannot stand in a request or is there twice, a table is not shown, a static is not there.
    """
    shown = {relation["name"] for item in type_infos["used_data"] for relation in item.get("relations", ())}
    names: List[str] = []
    for style in _listed(extra):
        name = str(style.get("technical_name") or "")
        _examine_name(name, names)
        names.append(name)
        for table, static in _statics_of(style).items():
            if table not in shown:
                raise _refused(name, tr("The layer shows no table “{table}”.", table=table))
            if not _found(connection, datastore, static):
                raise _refused(name, tr("There is no style {identifier}.", identifier=static))


def fit_all(
    store: Store, connection: Connection, infos: Mapping[str, Any], extra: Mapping[str, Any], data: Revisions
) -> Json:
    """Return what an offering keeps of its styles: the pins of the one that is drawn by itself, and of the others.

    Of the others, one that does not fit the data is not offered (its `styles` are None) until it does: it takes no
    service away.

    Raises:
        InvalidInput: with the faults of the style that is drawn by itself and does not fit its table.
    """
    drawn, others = {table: static for _data, table, static in styled_tables(infos)}, []
    made: Json = {"styles": fit_styles(store, connection, infos, data)}
    for style in sorted(_listed(extra), key=lambda one: not one.get("current")):
        chosen = _statics_of(style)
        named = {"name": str(style["technical_name"]), "title": str(style.get("name") or style["technical_name"])}
        if "style" not in made and all(drawn.get(table) == static for table, static in chosen.items()):
            made["style"] = named
        else:
            others.append({**named, "statics": chosen, "styles": _fitted(store, connection, infos, chosen, data)})
    return {**made, "named_styles": others}


def fit_again(store: Store, connection: Connection, published: Mapping[str, Any], data: Revisions) -> Json:
    """Return what an offering keeps of its styles for other data, or for styles with a new content."""
    infos = published["type_infos"]
    made: Json = {"styles": fit_styles(store, connection, infos, data)}
    if "named_styles" in published:
        made["named_styles"] = [
            {**style, "styles": _fitted(store, connection, infos, style["statics"], data)}
            for style in published["named_styles"]
        ]
    return made


def refuse_unfit_listed(
    store: Store, connection: Connection, infos: Mapping[str, Any], extra: Mapping[str, Any], data: Revisions
) -> None:
    """Check the styles of a list against the tables that they are to draw.

    Raises:
        InvalidInput: with the faults of the first style that does not fit its table.
    """
    for style in _listed(extra):
        fit_styles(store, connection, _dressed(infos, _statics_of(style)), data)


def _fitted(
    store: Store, connection: Connection, infos: Mapping[str, Any], chosen: Mapping[str, str], data: Revisions
) -> Optional[StylePins]:
    try:
        return fit_styles(store, connection, _dressed(infos, chosen), data)
    except InvalidInput:
        return None


def draws_with(published: Mapping[str, Any], static: str) -> bool:
    """Tell whether an offering shows a style that is kept in a static, or would if it fitted."""
    listed = (style["statics"].values() for style in published.get("named_styles", ()))
    shown = (tuple(pin[0] for pin in pins.values()) for pins in pins_of(published))
    return any(static in ids for ids in (*listed, *shown))


def _listed(extra: Mapping[str, Any]) -> Sequence[Json]:
    """Return the styles of a list that are drawn here; other clients may list others."""
    return [one for one in listed_styles(extra) if _statics_of(one)]


def _statics_of(style: Mapping[str, Any]) -> Dict[str, str]:
    return {str(one.get("name") or ""): str(one["static_id"]) for one in layers_of(style) if one.get("static_id")}


def _dressed(infos: Mapping[str, Any], chosen: Mapping[str, str]) -> Json:
    """Return a definition whose tables are drawn with other styles; tables that are not named keep theirs."""
    used = [
        {
            **item,
            "relations": [{**one, "style": chosen.get(one["name"], one.get("style"))} for one in item["relations"]],
        }
        for item in infos["used_data"]
    ]
    return {**infos, "used_data": used}


def _found(connection: Connection, datastore: str, static: str) -> Tuple[Static, ...]:
    columns = tables.static.c
    return tuple(statics.find(connection, columns.id == static, columns.datastore == datastore))


def _examine_name(name: str, taken: Sequence[str]) -> None:
    if not NAME.fullmatch(name):
        raise _refused(
            name, tr("Its technical name stands in requests: letters without accents, digits, _, - and dots.")
        )
    if name in taken:
        raise _refused(name, tr("Another style of the layer has this technical name."))


def _refused(name: str, why: str) -> InvalidInput:
    return InvalidInput(
        tr("The style “{style}” cannot be offered.", style=name), why, tr("Correct “styles” in the field “extra”.")
    )
