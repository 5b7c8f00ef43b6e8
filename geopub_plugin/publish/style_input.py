"""Styles that somebody brings for a published service: examined, made ready, and added or put in the place of one.

A WMS takes QML and SLD, a WFS the same for its clients, a TMS a Mapbox style for all tiles, or QML and SLD that become
one. Every fault is told at once, before anything is sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from ..backend.errors import InvalidInput
from ..backend.faults import Fault, Severity, blocking
from ..backend.styles.fidelity import FidelityReport
from ..backend.styles.intake import take_in
from ..backend.styles.mapbox_checks import check_mapbox, read_mapbox, readdressed
from ..backend.styles.recognition import StyleKind
from ..backend.styles.sld10 import to_sld10
from ..backend.translation import tr
from .client import Store
from .client.configurations import TMS, WFS, WMS, Configuration
from .client.entity import objects, text
from .client.listed_styles import BESIDE, ServiceStyle, StyleFile
from .client.stored_data import StoredData
from .map_style import Draw, map_style_document
from .plain_style import no_qml
from .proposal import TableStyle
from .style_graphics import Fetch, Graphics
from .table_schemas import original_names, schema_of
from .tile_contents import TileContents, tile_contents

MAPBOX_SUFFIXES = (".json", ".mapbox")
_SHEETS = (".json", ".png", "@2x.json", "@2x.png")


@dataclass(frozen=True)
class StyleSource:
    """A style as somebody brings it."""

    table: str  # of the service; "" where the file is for all of them
    filename: str
    content: bytes
    folder: Optional[Path] = None  # where it lay: graphics are looked for beside it

    @classmethod
    def read(cls, table: str, path: Path) -> StyleSource:
        """Return the style in a file."""
        return cls(table, path.name, path.read_bytes(), path.parent)


@dataclass(frozen=True)
class Examined:
    """Styles made ready for a service, and everything that is to be said of them."""

    files: Tuple[StyleFile, ...]
    faults: Tuple[Fault, ...]
    reports: Tuple[FidelityReport, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether nothing forbids their use."""
        return bool(self.files) and not blocking(self.faults)


def examine(
    store: Store,
    configuration: str,
    sources: Sequence[StyleSource],
    fetch: Optional[Fetch] = None,
    draw: Optional[Draw] = None,
) -> Examined:
    """Return styles made ready for a service: checked, graphics packed in, names those of the published tables.

    Args:
        store: where the service is.
        configuration: of the service.
        sources: one for each table, or one that is for all of them.
        fetch: fetches remote graphics and sprites once; None refuses them.
        draw: draws the pictures that a map style needs (`sprite_sheets.drawn_sheets`); None leaves them out.
    """
    service = store.configurations.get(configuration)
    if service.type == TMS:
        return _for_tiles(store, service, sources, fetch, draw)
    plain = not store.draws_qml
    data = {identifier: store.stored_data.get(identifier) for identifier in service.stored_data}
    tables = _tables(service, data)
    files: List[StyleFile] = []
    faults: List[Fault] = []
    reports: List[FidelityReport] = []
    for source in sources:
        targets = [source.table] if source.table else list(tables)
        for table in targets:
            if table not in tables:
                faults.append(_no_such_table(table, list(tables)))
            elif _is_mapbox(source):
                faults.append(_no_mapbox(table))
            else:
                file, found, report = _for_table(source, service, table, tables[table], fetch, plain)
                files += [file] if file else []
                faults += found
                reports += report
    return Examined(tuple(files), tuple(faults), tuple(reports))


def add_style(store: Store, configuration: str, name: str, examined: Examined, current: bool = False) -> ServiceStyle:
    """Add examined styles to a service as one style; raise InvalidInput with the faults of what cannot be used."""
    _refuse_faulty(examined)
    return store.styles.add(configuration, name, examined.files, current)


def replace_style(store: Store, configuration: str, technical_name: str, examined: Examined) -> ServiceStyle:
    """Put examined styles in the place of one; raise InvalidInput with the faults of what cannot be used."""
    _refuse_faulty(examined)
    return store.styles.replace(configuration, technical_name, examined.files)


def _for_table(
    source: StyleSource,
    service: Configuration,
    table: str,
    at: Tuple[StoredData, str],
    fetch: Optional[Fetch],
    plain: bool,
) -> Tuple[Optional[StyleFile], List[Fault], List[FidelityReport]]:
    data, native = at
    names = original_names(data, native)
    layer = f"{service.layer_name}:{table}" if service.type == WFS else table
    taken = take_in(source.content, schema_of(data, native), names, Graphics(source.folder, fetch), layer)
    if taken.kind is None:
        return None, list(taken.faults), []
    if plain and taken.kind is StyleKind.QML and service.type == WMS:
        return None, [_no_qml(table)], []
    content, reports = taken.content, []
    if plain and taken.kind is StyleKind.SLD and taken.accepted:
        content, report = to_sld10(content, table)
        reports.append(report)
    return StyleFile(table, f"{table}.{taken.kind.value}", content), list(taken.faults), reports


def _for_tiles(
    store: Store, service: Configuration, sources: Sequence[StyleSource], fetch: Optional[Fetch], draw: Optional[Draw]
) -> Examined:
    contents = tile_contents(store, service)
    if any(_is_mapbox(source) for source in sources):
        if len(sources) > 1:
            return Examined((), (_one_file_only(),))
        return _mapbox(sources[0], contents, fetch)
    if contents.data is None:
        return Examined((), (_no_source_data(),))
    faults: List[Fault] = []
    styles: List[TableStyle] = []
    relations = {relation.name: relation for relation in contents.data.relations if relation.name in contents.fields}
    for source in sources:
        for table in [source.table] if source.table else list(relations):
            if table not in relations:
                faults.append(_no_such_table(table, list(relations)))
                continue
            names = original_names(contents.data, table)
            graphics = Graphics(source.folder, fetch)
            taken = take_in(source.content, schema_of(contents.data, table), names, graphics, table)
            faults += taken.faults
            if taken.kind is not None and taken.accepted:
                styles.append(TableStyle(table, f"{table}.{taken.kind.value}", taken.content))
    if blocking(faults) or not styles:
        return Examined((), tuple(faults))
    made = map_style_document(service.name, contents.data, styles, contents.tile_json, contents.glyphs, BESIDE, draw)
    files = [StyleFile("", "style.json", made.document, made.beside)] if made.document else []
    return Examined(tuple(files), (*faults, *made.faults), made.reports)


def _mapbox(source: StyleSource, contents: TileContents, fetch: Optional[Fetch]) -> Examined:
    faults = list(check_mapbox(source.content, list(contents.fields), contents.fields))
    if blocking(faults):
        return Examined((), tuple(faults))
    sprite = str(read_mapbox(source.content).get("sprite") or "")
    beside, told = _sprites(sprite, source.folder, fetch)
    kept = [fault for fault in faults if fault.id != "style.remote-part"]  # they are ours now, or told of
    address = f"{BESIDE}/sprite" if beside else ""
    content = readdressed(source.content, contents.tile_json, contents.glyphs, address)
    return Examined((StyleFile("", "style.json", content, beside),), (*kept, *told))


def _sprites(
    sprite: str, folder: Optional[Path], fetch: Optional[Fetch]
) -> Tuple[Tuple[Tuple[str, bytes], ...], Tuple[Fault, ...]]:
    """Return the sheets that a style names, to be kept beside it, and what is to be said of them."""
    if not sprite:
        return (), ()
    remote = "://" in sprite and not sprite.startswith("file://")
    if remote and fetch is None:
        return (), (_remote_sprite(sprite),)
    found: Dict[str, bytes] = {}
    for suffix in _SHEETS:
        content = fetch(sprite + suffix) if remote and fetch else _beside(folder, sprite + suffix)
        if content:
            found[f"sprite{suffix}"] = content
    if not {"sprite.json", "sprite.png"} <= set(found):
        return (), (_lost_sprite(sprite),)
    return tuple(found.items()), (_kept_sprite(sprite),)


def _beside(folder: Optional[Path], name: str) -> Optional[bytes]:
    path = Path(name.replace("file://", "", 1))
    place = path if path.is_absolute() else (folder / path if folder else None)
    try:
        return place.read_bytes() if place else None
    except OSError:
        return None


def _tables(service: Configuration, data: Mapping[str, StoredData]) -> Dict[str, Tuple[StoredData, str]]:
    """Return the tables of a service by the name they have there: their data, and their name in it."""
    found: Dict[str, Tuple[StoredData, str]] = {}
    for item in objects(service.type_infos, "used_data"):
        for relation in objects(item, "relations"):
            native = text(relation, "native_name") or text(relation, "name")
            found[text(relation, "public_name") or native] = (data[text(item, "stored_data")], native)
    return found


def _is_mapbox(source: StyleSource) -> bool:
    return source.filename.lower().endswith(MAPBOX_SUFFIXES) or source.content.lstrip()[:1] == b"{"


def _refuse_faulty(examined: Examined) -> None:
    faults: Tuple[Any, ...] = blocking(examined.faults)
    if faults or not examined.files:
        raise InvalidInput(
            tr("The style cannot be used."), " ".join(fault.sentence for fault in faults), faults=examined.faults
        )


def _error(identifier: str, what: str, why: str = "", cure: str = "", **more: Any) -> Fault:
    return Fault(identifier, Severity.ERROR, what, why, cure, **more)


def _no_such_table(table: str, known: Sequence[str]) -> Fault:
    return _error(
        "style.no-table",
        tr("The service has no table “{table}”.", table=table),
        tr("It has: {tables}.", tables=", ".join(known)),
        tr("Name the file like its table, or choose the table."),
        table=table,
    )


def _no_mapbox(table: str) -> Fault:
    return _error(
        "style.wrong-format",
        tr("A Mapbox style draws tiles only."),
        tr("Maps and features are drawn with QML or SLD."),
        tr("Add it to the tile service, or save the style as QML or SLD."),
        table=table,
    )


def _no_qml(table: str) -> Fault:
    return _error("style.wrong-format", *no_qml(), table=table)


def _one_file_only() -> Fault:
    return _error(
        "style.one-file",
        tr("Tiles have one Mapbox style for all tables."),
        tr("Several files were given."),
        tr("Give that file alone, or one QML or SLD for each table."),
    )


def _no_source_data() -> Fault:
    return _error(
        "style.no-data",
        tr("The style cannot be written for the tiles."),
        tr("The data that the tiles were made of is not known, or gone."),
        tr("Give a Mapbox style."),
    )


def _remote_sprite(address: str) -> Fault:
    return _error(
        "style.remote-sprite",
        tr("The style takes its symbols from elsewhere."),
        tr("When that server goes, they go with it: {address}", address=address),
        tr("Let them be fetched once and kept beside the style, or take them away."),
        examples=(address,),
    )


def _lost_sprite(address: str) -> Fault:
    return _error(
        "style.lost-sprite",
        tr("The symbols of the style were not found."),
        tr("There is nothing at {address}.json and {address}.png.", address=address),
        tr("Correct “sprite” in the style, or take it away."),
        examples=(address,),
    )


def _kept_sprite(address: str) -> Fault:
    return Fault(
        "style.kept-sprite",
        Severity.REPAIRED,
        tr("The symbols of the style are kept beside it."),
        tr("They were taken from {address}.", address=address),
        examples=(address,),
    )
