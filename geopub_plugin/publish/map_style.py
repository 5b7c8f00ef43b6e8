"""The style of vector tiles: made of the layers' QML, kept beside the tiles, named by their configuration.

It is stored as the platform's own clients store theirs: an annexe, listed in `extra.styles` of the configuration.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Dict, FrozenSet, List, Mapping, Optional, Sequence, Tuple

from ..backend.errors import InvalidInput
from ..backend.faults import Fault, Severity
from ..backend.styles.fidelity import Fate, FidelityReport, Ledger
from ..backend.styles.mapbox import TARGET, MapboxLayers, TileLayer, style_document, to_mapbox
from ..backend.styles.sprites import Sprite
from ..backend.translation import tr
from .client import Store
from .client.configurations import TMS
from .client.listed_styles import StylePart
from .client.stored_data import Relation, StoredData
from .proposal import TableStyle
from .publication_values import PublicationResult
from .service_definitions import shown
from .style_place import style_place

# Draws pictures at so many pixels for one of the map: returns the sheet's JSON and PNG. QGIS is needed for it.
Draw = Callable[[Sequence[Sprite], float], Tuple[bytes, bytes]]
SOURCE = "tiles"  # the style's name for the tiles
_NUMBERS = ("int", "real", "double", "numeric", "decimal", "float", "serial")
SHEETS = {1.0: "", 2.0: "@2x"}  # suffix of the file by pixels of the sheet for one of the map
RATIOS = tuple(SHEETS)
GLYPHS = "/tms/1.0.0/fonts/{fontstack}/{range}.pbf"


@dataclass(frozen=True)
class MapStyle:
    """The layers of a map's style, top last, and what became of the styles that they are made of."""

    layers: Tuple[Mapping[str, Any], ...]
    sheets: Tuple[Tuple[str, bytes], ...]  # names and contents of the sheets of sprites
    reports: Tuple[FidelityReport, ...]
    labelled: bool
    undrawn: int = 0  # layers left out, since no QGIS is at hand to draw their pictures


def map_style(data: StoredData, styles: Sequence[TableStyle], draw: Optional[Draw]) -> MapStyle:
    """Return the style of the tiles of integrated data; tables without a style are not drawn.

    Without `draw` nobody draws pictures: layers that need one are left out.
    """
    by_table = {relation.native or relation.name: relation for relation in data.relations}
    by_table.update({relation.name: relation for relation in data.relations})
    made: Dict[str, MapboxLayers] = {}
    for style in styles:
        relation = by_table.get(style.table)
        if relation is not None:
            made[relation.name] = _converted(style.content, _tile_layer(relation, data.names or {}))
    ordered = [made[relation.name] for relation in reversed(shown(data.relations)) if relation.name in made]
    every = [layer for one in ordered for layer in one.layers]
    layers = [layer for layer in every if draw is not None or not _pictured(layer)]
    sprites = {sprite.name: sprite for one in ordered for sprite in one.sprites}
    sheets = _sheets(tuple(sprites.values()), draw) if draw is not None and sprites else ()
    labelled = any(one.has_labels for one in ordered)
    reports = tuple(one.report for one in ordered)
    return MapStyle(tuple(layers), sheets, reports, labelled, len(every) - len(layers))


def _converted(style: bytes, tiles: TileLayer) -> MapboxLayers:
    """Return the layers of a style, none and the reason where it cannot be converted: tables beside it are drawn."""
    try:
        return to_mapbox(style, tiles)
    except InvalidInput as error:
        ledger = Ledger()
        ledger.lost(f"{error.what} {error.why}".strip())
        return MapboxLayers((), (), ledger.report(TARGET))


class TileStyling:
    """The style of one publication's tiles: made once, shown while they are being made, kept when they are there."""

    def __init__(self, styles: Sequence[TableStyle], draw: Optional[Draw] = None) -> None:
        """Make it of these styles; `draw` draws the pictures that it needs."""
        self.styles = tuple(styles)
        self._draw = draw
        self._made: Optional[MapStyle] = None

    def of(self, data: StoredData) -> MapStyle:
        """Return the style for the data of the publication, which are known once they are integrated."""
        if self._made is None:
            self._made = map_style(data, self.styles, self._draw)
        return self._made


def keep_map_style(store: Store, title: str, result: PublicationResult, styling: TileStyling) -> Tuple[Fault, ...]:
    """Keep the style of a publication's tiles in its store, and return what that style does not show.

    Nothing is done where there are no tiles, or no style that can be written for them.
    """
    tiles = next((live.url for live in result.urls if live.service == "tms"), "")
    if not tiles or not styling.styles:
        return ()
    style = styling.of(result.data)
    if not style.layers:
        return tuple(_losses(style))
    configuration = next(iter(store.configurations.list(layer_name=result.layer_name, type=TMS)))
    annexes, path = store.styles.annexe_address(configuration.id), style_place(store, result.layer_name)
    labels = (f"datasheet_name={result.datasheet}", "type=style")
    for name, content in style.sheets:
        store.annexes.keep(f"{path}/{name}", content, labels)
    tile_json = f"{tiles.partition('/tms/')[0]}/tms/1.0.0/{result.layer_name}/metadata.json"
    document = _document(title, style, tile_json, annexes.partition("/annexes/")[0] + GLYPHS, annexes + path)
    annexe = store.annexes.keep(f"{path}.json", document, labels)
    part = StylePart("", annexe, f"{annexes}{path}.json")  # whichever a person has chosen there stays the current one
    store.styles.link(configuration.id, title, result.layer_name, [part])
    return tuple(_losses(style))


@dataclass(frozen=True)
class MapStyleDocument:
    """A map style as files, and what became of the styles that it is made of."""

    document: bytes  # b"" where nothing can be drawn
    beside: Tuple[Tuple[str, bytes], ...]  # sheets of sprites
    faults: Tuple[Fault, ...]
    reports: Tuple[FidelityReport, ...]


def map_style_document(
    title: str,
    data: StoredData,
    styles: Sequence[TableStyle],
    tile_json: str,
    glyphs: str,
    beside: str,
    draw: Optional[Draw] = None,
) -> MapStyleDocument:
    """Return the style of tiles as files; `beside` is the address below which its sheets will be."""
    style = map_style(data, styles, draw)
    document = _document(title, style, tile_json, glyphs, beside) if style.layers else b""
    faults = tuple(_losses(style)) if document else (_nothing_drawn(), *_losses(style))
    return MapStyleDocument(document, style.sheets, faults, style.reports)


def style_in_short(style: MapStyle) -> bytes:
    """Return a style without any address: all that it takes to draw tiles that are at hand, with its sheets."""
    return _document("", style, "", "", "")


def _document(title: str, style: MapStyle, tile_json: str, glyphs: str, beside: str) -> bytes:
    sprite = f"{beside}/sprite" if style.sheets else None
    return style_document(title, SOURCE, tile_json, style.layers, sprite, glyphs if style.labelled else None)


def _sheets(sprites: Sequence[Sprite], draw: Draw) -> Tuple[Tuple[str, bytes], ...]:
    """Return names and contents of the sheets of sprites."""
    found: List[Tuple[str, bytes]] = []
    for ratio, suffix in SHEETS.items():
        index, sheet = draw(sprites, ratio)
        found += [(f"sprite{suffix}.json", index), (f"sprite{suffix}.png", sheet)]
    return tuple(found)


def _nothing_drawn() -> Fault:
    return Fault(
        "style.nothing-drawn",
        Severity.ERROR,
        tr("Nothing of the style can be drawn by a map in the browser."),
        cure=tr("Choose another style for the tiles; maps drawn by GeoPub are not concerned."),
    )


def _tile_layer(relation: Relation, names: Mapping[str, Any]) -> TileLayer:
    renamed = names.get(relation.native) or {}
    fields = {str(old).lower(): str(new) for old, new in (renamed.get("fields") or {}).items()}
    known = {name.lower(): name for name in relation.plain_attributes}
    return TileLayer(SOURCE, relation.name, {**known, **fields}, _numeric(relation))


def _numeric(relation: Relation) -> FrozenSet[str]:
    return frozenset(
        name for name, kind in relation.attributes.items() if any(word in kind.lower() for word in _NUMBERS)
    )


def _pictured(layer: Mapping[str, Any]) -> bool:
    return "icon-image" in layer.get("layout", {}) or "fill-pattern" in layer.get("paint", {})


def _losses(style: MapStyle) -> List[Fault]:
    lost = [finding.what for report in style.reports for finding in report.of(Fate.LOST)]
    if style.undrawn:
        lost.append(
            tr("Symbols that are pictures, which only QGIS draws: {count}. Publish from QGIS.", count=style.undrawn)
        )
    if not lost:
        return []
    return [
        Fault(
            "style.map-loss",
            Severity.WARNING,
            tr("The style of the vector tiles does not show everything that the QGIS style shows."),
            " ".join(dict.fromkeys(lost)),
            tr("Maps drawn by GeoPub use the QGIS style and are not concerned."),
            count=len(lost),
        )
    ]
