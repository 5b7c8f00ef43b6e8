"""The styles of a service: several of them, of which one is the current one; changed without publishing anew.

A WMS draws with statics: each style names one for each table; the configuration's `style` of a table is that of the
current style. A WFS and a TMS only tell their clients where styles are: annexes, and for tiles a link among the
configuration's `metadata`. The list itself is `extra.styles`, as the platform's own clients keep it.
"""

from __future__ import annotations

import uuid
from typing import AbstractSet, Any, Dict, List, Mapping, Optional, Sequence, Tuple

from ...backend.errors import InvalidInput, NotFound
from ...backend.translation import tr
from .annexes import Annexes
from .configurations import TMS, WMS, Configuration, Configurations
from .connection import Connection, segment
from .datastores import datastore
from .entity import objects, text
from .listed_styles import (
    BESIDE,
    ServiceStyle,
    StyleFile,
    StylePart,
    as_listed,
    entries_of_others,
    free_slug,
    only_current,
    styles_listed,
)
from .offerings import Offerings
from .refusal import refusal
from .revisions import Revision, Revisions
from .statics import Statics

STYLE_LINK = {"format": "application/json", "type": "Other"}  # the form in which a TMS tells of its styles


class Styles:
    """The styles of the services of one datastore; every change is live when it returns."""

    def __init__(self, connection: Connection, identifier: str) -> None:
        self._connection, self._datastore = connection, identifier
        self._root = f"datastores/{segment(identifier)}"
        self._configurations = Configurations(connection, identifier)
        self._offerings = Offerings(connection, identifier)
        self._statics = Statics(connection, identifier)
        self._annexes = Annexes(connection, identifier)
        self._revisions = Revisions(connection, identifier)

    def list(self, configuration: str) -> Tuple[ServiceStyle, ...]:
        """Return the styles of a service, in the order in which they were added."""
        return self._styles(self._configurations.get(configuration))

    def add(self, configuration: str, name: str, files: Sequence[StyleFile], current: bool = False) -> ServiceStyle:
        """Add a style to a service; the first one becomes the current one.

        Args:
            configuration: of the service.
            name: for people.
            files: one for each table it draws (WMS, WFS), or a single one for all tiles (TMS).
            current: whether it is drawn from now on.

        Raises:
            InvalidInput: it has no name or no file, the name is taken, or the server refuses a file.
        """
        service = self._configurations.get(configuration)
        styles = self._styles(service)
        _examine_name(name, styles)
        if not files:
            raise InvalidInput(tr("The style “{style}” has no file.", style=name))
        technical = free_slug(name, [one.technical_name for one in styles])
        made = ServiceStyle(name, technical, False, self._kept(service, technical, files))
        try:
            self._keep(service, (*styles, made), technical if current or not styles else _current(styles))
        except InvalidInput:
            self._drop(service, made.parts)
            raise
        return self._found(self.list(configuration), technical)

    def replace(self, configuration: str, technical_name: str, files: Sequence[StyleFile]) -> ServiceStyle:
        """Put other files behind a style, for the tables that they are for; its name and addresses stay."""
        service = self._configurations.get(configuration)
        styles = self._styles(service)
        style = self._found(styles, technical_name)
        parts: Dict[str, StylePart] = {part.table: part for part in style.parts}
        for file in files:
            known = style.part(file.table)
            if not known.id:
                parts[file.table] = self._stored(service, technical_name, file)
            elif service.type == WMS:
                self._statics.replace(known.id, file.filename, file.content)
            else:
                parts[file.table] = self._rewritten(known, file)
        if service.type == WMS or tuple(parts.values()) != style.parts:
            changed = ServiceStyle(style.name, technical_name, style.current, tuple(parts.values()))
            others = [changed if one is style else one for one in styles]
            self._keep(service, others, _current(styles))
        return self._found(self.list(configuration), technical_name)

    def rename(self, configuration: str, technical_name: str, name: str) -> ServiceStyle:
        """Give a style another name for people; its technical name, and so each address with it, stays."""
        service = self._configurations.get(configuration)
        styles = self._styles(service)
        style = self._found(styles, technical_name)
        _examine_name(name, [one for one in styles if one is not style])
        renamed = ServiceStyle(name, technical_name, style.current, style.parts)
        self._keep(service, [renamed if one is style else one for one in styles], _current(styles))
        return self._found(self.list(configuration), technical_name)

    def make_current(self, configuration: str, technical_name: str) -> None:
        """Draw with this style from now on where none is named."""
        service = self._configurations.get(configuration)
        styles = self._styles(service)
        self._keep(service, styles, self._found(styles, technical_name).technical_name)

    def remove(self, configuration: str, technical_name: str) -> None:
        """Take a style away with its files; of those that stay, the first becomes the current one if this was it."""
        service = self._configurations.get(configuration)
        styles = self._styles(service)
        style = self._found(styles, technical_name)
        rest = [one for one in styles if one is not style]
        self._keep(service, rest, _current(rest) or (rest[0].technical_name if rest else ""))
        self._drop(service, style.parts, rest)

    def read(self, configuration: str, technical_name: str) -> Tuple[StyleFile, ...]:
        """Return the files of a style as they were sent."""
        service = self._configurations.get(configuration)
        style = self._found(self._styles(service), technical_name)
        return tuple(self._file(service, part) for part in style.parts)

    def revisions(self, configuration: str, technical_name: str, table: str) -> Tuple[Revision, ...]:
        """Return the revisions of what a table of a WMS is drawn with, newest first; a WFS and a TMS keep none."""
        service = self._configurations.get(configuration)
        part = self._found(self._styles(service), technical_name).part(table)
        return self._revisions.list("style", part.id) if service.type == WMS and part.id else ()

    def roll_back(self, configuration: str, technical_name: str, table: str, number: int) -> None:
        """Draw a table of a WMS again with a former revision of a style."""
        service = self._configurations.get(configuration)
        part = self._found(self._styles(service), technical_name).part(table)
        if service.type != WMS or not part.id:
            raise NotFound(tr("There is no revision {number}.", number=number))
        self._revisions.roll_back("style", part.id, number)

    def link(self, configuration: str, name: str, technical_name: str, parts: Sequence[StylePart]) -> None:
        """List annexes that are there already as the current style of a WFS or TMS, in the place of one of its name."""
        service = self._configurations.get(configuration)
        styles = self._styles(service)
        known = next((one for one in styles if one.technical_name == technical_name), None)
        linked = ServiceStyle(known.name if known else name, technical_name, True, tuple(parts))
        if known is not None:
            chosen = [linked if one is known else one for one in styles]
            self._keep(service, chosen, _current(styles) or technical_name)
        else:
            self._keep(service, [*styles, linked], technical_name)

    def _styles(self, service: Configuration) -> Tuple[ServiceStyle, ...]:
        """Return the styles of a service; what a WMS draws with counts as one, listed or not."""
        listed = styles_listed(service.extra, service.layer_name, service.type == WMS)
        if service.type != WMS:
            return listed
        drawn = {table: static for table, static in _drawn(service).items() if static}
        flagged_first = sorted(listed, key=lambda one: not one.current)
        current = next((one for one in flagged_first if all(drawn.get(p.table) == p.id for p in one.parts)), None)
        if current is not None or not drawn:
            return only_current(listed, current.technical_name if current else "")
        parts = tuple(StylePart(table, static) for table, static in drawn.items())
        name, plain = tr("Style of the publication"), service.layer_name  # what addresses hold is of no language
        if len(parts) == 1:
            name = plain = self._statics.get(parts[0].id).name
        own = ServiceStyle(name, free_slug(plain, [one.technical_name for one in listed]), True, parts, listed=False)
        return (own, *only_current(listed, ""))

    def _keep(self, service: Configuration, styles: Sequence[ServiceStyle], current: str) -> None:
        """Make these the styles of a service and one of them the current one, and let its offerings show that."""
        styles = only_current(styles, current)
        others = entries_of_others(service.extra, service.type == WMS)
        listed = [*others, *(as_listed(one, service.layer_name, service.type) for one in styles)]
        self._configurations.change(service.id, extra={**service.extra, "styles": listed})
        chosen = next((one for one in styles if one.current), None)
        infos: Mapping[str, Any] = service.type_infos
        metadata: Sequence[Mapping[str, str]] = service.metadata
        if service.type == WMS:
            infos = _drawn_with(infos, chosen, {part.id for one in styles for part in one.parts})
        elif service.type == TMS:
            metadata = self._links(service, styles)
        if infos != service.type_infos or metadata != service.metadata:
            self._configurations.replace(service.id, service.type, service.name, infos, service.attribution, metadata)
        if service.type != "WFS":
            for offering in self._offerings.list(configuration=service.id):
                if offering.status == "PUBLISHED":
                    self._offerings.synchronise(offering.id)

    def _links(self, service: Configuration, styles: Sequence[ServiceStyle]) -> Tuple[Dict[str, str], ...]:
        """Return the metadata links of tiles with those to their styles, the current one first."""
        former = {part.url for one in self._styles(service) for part in one.parts}
        urls = [part.url for one in sorted(styles, key=lambda one: not one.current) for part in one.parts]
        others = [link for link in service.metadata if link.get("url") not in {*former, *urls}]
        return (*others, *({**STYLE_LINK, "url": url} for url in urls))

    def _kept(self, service: Configuration, technical: str, files: Sequence[StyleFile]) -> Tuple[StylePart, ...]:
        """Store files and return where they are; what is stored goes again when one is refused."""
        parts: List[StylePart] = []
        try:
            for file in files:
                parts += [self._stored(service, technical, file)]
        except InvalidInput:
            self._drop(service, parts)
            raise
        return tuple(parts)

    def _stored(self, service: Configuration, technical: str, file: StyleFile) -> StylePart:
        if service.type == WMS:
            name = f"{service.layer_name}_{technical}_{file.table}"
            return StylePart(file.table, self._statics.create_style(name, file.filename, file.content).id)
        suffix = file.filename.rpartition(".")[2].lower()
        path = f"/style/{uuid.uuid4()}_{technical}"
        labels = ("type=style", f"datasheet_name={service.tags.get('datasheet_name', '')}")
        address = self.annexe_address(service.id) + path
        beside = tuple(self._annexes.keep(f"{path}/{name}", content, labels) for name, content in file.beside)
        kept = self._annexes.keep(f"{path}.{suffix}", file.content.replace(BESIDE.encode(), address.encode()), labels)
        return StylePart(file.table, kept, f"{address}.{suffix}", beside)

    def _rewritten(self, part: StylePart, file: StyleFile) -> StylePart:
        """Put another file in the place of an annexe, and other files beside it."""
        url = part.url.rpartition(".")[0]
        path = "/style/" + url.rpartition("/style/")[2]
        beside = tuple(self._annexes.keep(f"{path}/{name}", content, ("type=style",)) for name, content in file.beside)
        self._annexes.replace(part.id, file.filename, file.content.replace(BESIDE.encode(), url.encode()))
        for gone in set(part.beside) - set(beside):
            self._annexes.delete(gone)
        return StylePart(part.table, part.id, part.url, beside)

    def annexe_address(self, configuration: str) -> str:
        """Return the address below which everybody reads annexes, as the server of a service names itself."""
        known = [url.url for one in self._offerings.list(configuration=configuration) for url in one.urls]
        host = known[0] if known else self._connection.base_url
        for door in ("/private/", "/wfs/", "/tms/", "/wmts", "/wms-v/", "/api"):
            host = host.partition(door)[0]
        return f"{host}/annexes/{datastore(self._connection, self._datastore).technical_name}"

    def _drop(self, service: Configuration, parts: Sequence[StylePart], rest: Sequence[ServiceStyle] = ()) -> None:
        """Delete files that no other style of the service draws with."""
        needed = {part.id for one in rest for part in one.parts}
        for part in parts:
            if part.id not in needed:
                (self._statics if service.type == WMS else self._annexes).delete(part.id)
                for annexe in part.beside:
                    self._annexes.delete(annexe)

    def _file(self, service: Configuration, part: StylePart) -> StyleFile:
        room = "statics" if service.type == WMS else "annexes"
        answer = self._connection.send("GET", f"{self._root}/{room}/{segment(part.id)}/file")
        if not answer.ok:
            raise refusal(answer)
        suffix = part.url.rpartition(".")[2] or ("qml" if b"<qgis" in answer.body[:2000] else "sld")
        return StyleFile(part.table, f"{part.table or service.layer_name}.{suffix}", answer.body)

    def _found(self, styles: Sequence[ServiceStyle], technical_name: str) -> ServiceStyle:
        found: Optional[ServiceStyle] = next((one for one in styles if one.technical_name == technical_name), None)
        if found is None:
            known = ", ".join(one.technical_name for one in styles)
            raise NotFound(
                tr("The service has no style “{style}”.", style=technical_name),
                tr("It has: {styles}.", styles=known) if known else "",
            )
        return found


def _drawn(service: Configuration) -> Dict[str, str]:
    """Return what each table of a WMS is drawn with, "" for nothing."""
    relations = [one for used in objects(service.type_infos, "used_data") for one in objects(used, "relations")]
    return {text(one, "name"): text(one, "style") for one in relations}


def _drawn_with(infos: Mapping[str, Any], style: Optional[ServiceStyle], known: AbstractSet[str]) -> Dict[str, Any]:
    """Return a definition whose tables are drawn with a style; those of which it says nothing keep what they have.

    `known` are the statics of all styles: what is none of them has been taken away.
    """

    def static(relation: Mapping[str, Any]) -> str:
        former = text(relation, "style")
        return (style.part(text(relation, "name")).id if style else "") or (former if former in known else "")

    used = [
        {**item, "relations": [{**one, "style": static(one)} for one in objects(item, "relations")]}
        for item in objects(infos, "used_data")
    ]
    return {**infos, "used_data": used}


def _current(styles: Sequence[ServiceStyle]) -> str:
    return next((one.technical_name for one in styles if one.current), "")


def _examine_name(name: str, styles: Sequence[ServiceStyle]) -> None:
    if not name.strip():
        raise InvalidInput(tr("A style needs a name."))
    if name.strip().lower() in (one.name.strip().lower() for one in styles):
        raise InvalidInput(
            tr("The service has a style “{style}” already.", style=name),
            cure=tr("Give another name, or edit that style."),
        )
