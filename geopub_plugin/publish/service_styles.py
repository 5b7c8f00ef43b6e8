"""The styles of one service as a person looks after them: what there is, and what is brought for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Tuple

from qgis.core import QgsVectorLayer

from ..backend.errors import GeoPubError, NotFound
from ..backend.styles.fidelity import FidelityReport
from .client import Store
from .client.configurations import TMS, WFS, WMS, Configuration
from .client.datasheets import Service
from .client.entity import objects, text
from .client.listed_styles import ServiceStyle
from .map_style import Draw
from .service_definitions import style_static
from .sprite_sheets import drawn_sheets
from .style_formats import StyleFormat, style_files
from .style_graphics import fetching
from .style_input import MAPBOX_SUFFIXES, Examined, StyleSource, examine
from .tile_contents import tile_contents
from .versions import STYLE, Versioned


@dataclass(frozen=True)
class StyledService:
    """A service with its tables and its styles."""

    service: Service
    tables: Tuple[str, ...]  # as the service names them
    styles: Tuple[ServiceStyle, ...]
    own: bool = True  # it draws with the style of its publication, or with none

    @property
    def suffixes(self) -> Tuple[str, ...]:
        """How the names of files end that can be a style of it."""
        return (".qml", ".sld", *(MAPBOX_SUFFIXES if self.service.type == TMS else ()))

    def name_fault(self, name: str) -> bool:
        """Return whether a name is none, or another style's already."""
        return not name.strip() or name.strip().lower() in {one.name.strip().lower() for one in self.styles}


@dataclass(frozen=True)
class Brought:
    """Styles that somebody brings, before they are examined."""

    sources: Tuple[StyleSource, ...]
    reports: Tuple[FidelityReport, ...] = ()  # of what QGIS wrote
    draw: Optional[Draw] = None  # draws the pictures that tiles need


def styled_service(store: Store, service: Service) -> StyledService:
    """Return what a service is drawn with."""
    configuration = store.configurations.get(service.configuration)
    styles = store.styles.list(configuration.id)
    current = next((one for one in styles if one.current), None)
    own = current is None or of_publication(store, service, current)
    return StyledService(service, _tables(store, configuration), styles, own)


def of_publication(store: Store, service: Service, style: ServiceStyle) -> bool:
    """Tell whether a style is the one that a publication has made, not one that somebody has added."""
    if service.type != WMS:
        return style.technical_name == service.layer_name
    return any(store.statics.get(part.id).name == style_static(service.layer_name, part.table) for part in style.parts)


def revisions_before(store: Store, service: Service, style: ServiceStyle) -> Dict[str, int]:
    """Return by table the number of the revision that a map is drawn with; nothing where none are kept."""
    kept = style_versions(store, service, style.technical_name) if service.type == WMS else ()
    return {one.name: one.current for one in kept}


def brought_files(paths: Sequence[Path], table: str, tables: Sequence[str], tiles: bool) -> Brought:
    """Return styles of files: several are for the tables they are named after, one alone for `table` ("" for all).

    Raises:
        OSError: a file cannot be read.
    """
    sources = [StyleSource.read(_table_of(path, len(paths) == 1, table, tables), path) for path in paths]
    return Brought(tuple(sources), (), _pictures([one.content for one in sources]) if tiles else None)


def brought_layer(layer: QgsVectorLayer, table: str, service: str, plain: bool) -> Brought:
    """Return a layer's style in the format that a kind of service is given; no source where it cannot be written.

    Args:
        layer: whose style is taken, as it is drawn now.
        table: of the service, "" for all of them.
        service: kind of it, as configurations name it.
        plain: take SLD 1.0.0 for maps, too.
    """
    wanted = StyleFormat.SLD10 if service == WFS or (plain and service != TMS) else StyleFormat.QML
    written = next(file for file in style_files(layer, table or "style") if file.format is wanted)
    if written.content is None:
        return Brought((), (written.report,))
    source = StyleSource(table, f"{table or 'style'}{wanted.suffix}", written.content, _folder(layer))
    reports = () if service == TMS else (written.report,)  # tiles tell of their own format
    return Brought((source,), reports, _pictures([written.content]) if service == TMS else None)


def examined(store: Store, service: Service, brought: Brought, fetch: bool) -> Examined:
    """Return what is to be said of styles before they are used; `fetch` lets remote graphics be fetched once."""
    if not brought.sources:
        return Examined((), (), brought.reports)
    fetched = fetching(store.connection.transport) if fetch else None
    found = examine(store, service.configuration, brought.sources, fetched, brought.draw)
    return replace(found, reports=(*brought.reports, *found.reports))


def style_versions(store: Store, service: Service, technical_name: str) -> Tuple[Versioned, ...]:
    """Return the revisions of what each table of a map is drawn with; none where none are kept."""
    found: List[Versioned] = []
    try:
        styles = store.styles.list(service.configuration)
        style = next((one for one in styles if one.technical_name == technical_name), None)
        for part in style.parts if style else ():
            kept = store.styles.revisions(service.configuration, technical_name, part.table)
            found += [Versioned(STYLE, part.id, part.table, kept)] if kept else []
    except NotFound:
        return ()
    return tuple(found)


def _tables(store: Store, configuration: Configuration) -> Tuple[str, ...]:
    if configuration.type == TMS:
        try:
            return tuple(tile_contents(store, configuration).fields)
        except NotFound:  # not published: its styles can be listed all the same
            return ()
    used = objects(configuration.type_infos, "used_data")
    relations = [one for item in used for one in objects(item, "relations")]
    return tuple(text(one, "public_name") or text(one, "native_name") or text(one, "name") for one in relations)


def _table_of(path: Path, alone: bool, table: str, tables: Sequence[str]) -> str:
    if path.suffix.lower() in MAPBOX_SUFFIXES:
        return ""
    return path.stem if path.stem in tables or not alone else table


def _pictures(contents: Sequence[bytes]) -> Optional[Draw]:
    """Return what draws the symbols of QML, in this thread; None where there is none that can be read."""
    qmls = [content for content in contents if b"<qgis" in content[:2000]]
    try:
        return drawn_sheets(*qmls) if qmls else None
    except GeoPubError:
        return None  # the examination says what is wrong with it


def _folder(layer: QgsVectorLayer) -> Optional[Path]:
    file = Path(layer.source().partition("|")[0])
    return file.parent if file.is_file() else None
