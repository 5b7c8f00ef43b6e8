"""A page with every style: the figures, the three pictures, and what the conversion says of itself."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Iterator, List, Sequence

import numpy as np

from .compare import LIMIT, Comparison
from .pictures import save

_HEAD = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Styles compared</title><style>
body { font: 15px/1.4 system-ui, sans-serif; margin: 1.5rem; color: #1c2733 }
table { border-collapse: collapse } th, td { text-align: left; vertical-align: top; padding: .3rem .6rem }
tr { border-top: 1px solid #d5dde5 } img { width: 220px; border: 1px solid #d5dde5; background: #fff }
.bad { color: #b00020; font-weight: 600 } ul { margin: .2rem 0; padding-left: 1.1rem; max-width: 32rem }
</style><h1>Styles compared</h1>"""


def write_page(found: Sequence[Comparison], folder: Path) -> Path:
    """Write index.html and the pictures into a folder, and return the page."""
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "index.html"
    page.write_text("".join([_HEAD, _summary(found), *_table(found, folder)]), encoding="utf-8")
    return page


def summary(found: Sequence[Comparison]) -> List[str]:
    """Return what there is to say of all of them, line by line."""
    drawn = [one for one in found if not one.refused]
    unequal = [one for one in drawn if one.unequal > 0]
    mapped = [one for one in drawn if one.look is not None]
    plain = [one for one in mapped if one.plain]
    over = [one for one in plain if not one.differing < LIMIT]
    return [
        f"{len(found)} styles: {len(drawn)} accepted, {len(found) - len(drawn)} refused with reasons",
        f"QGIS and WMS: {len(unequal)} of {len(drawn)} differ in any pixel",
        f"QGIS and MapLibre: {len(mapped)} map styles; median {_median(mapped):.2%}",
        f"of these {len(plain)} plain fills, lines and circles: median {_median(plain):.2%}, "
        f"{len(over)} above {LIMIT:.0%}",
    ]


def _median(found: Sequence[Comparison]) -> float:
    figures = [one.differing for one in found if one.differing == one.differing]
    return float(np.median(figures)) if figures else 0.0


def _summary(found: Sequence[Comparison]) -> str:
    lines = "".join(f"<li>{escape(line)}</li>" for line in summary(found))
    return (
        f"<ul>{lines}</ul><p>QGIS and WMS: pixels that differ at all. QGIS and MapLibre: pixels whose colour is not"
        " among those of the nine around their place in the other picture.</p>"
    )


def _table(found: Sequence[Comparison], folder: Path) -> Iterator[str]:
    yield "<table><tr><th>Style</th><th>Figures</th><th>QGIS</th><th>WMS</th><th>MapLibre</th><th>Said</th></tr>"
    ordered = sorted(enumerate(found), key=lambda one: -np.nan_to_num(one[1].differing, nan=-1.0))
    for number, one in ordered:
        pictures = {
            "qgis": one.own, "wms": one.service, "maplibre": one.look.picture if one.look is not None else None
        }  # fmt: skip
        cells = []
        for name, picture in pictures.items():
            if picture is not None:
                save(picture, folder / f"{number}-{name}.png")
                cells.append(f'<td><img loading="lazy" alt="{name}" src="{number}-{name}.png"></td>')
            else:
                cells.append("<td>–</td>")
        yield f"<tr><td>{escape(one.name)}<br>{one.kind.lower()}, zoom {one.zoom}</td><td>{_figures(one)}</td>"
        yield "".join(cells) + f"<td>{_said(one)}</td></tr>"
    yield "</table></html>"


def _figures(one: Comparison) -> str:
    if one.refused:
        return "refused"
    wms = f'<span class="{"bad" if one.unequal else ""}">WMS {one.unequal:.2%}</span>'
    if one.look is None:
        return f"{wms}<br>no map style"
    bad = one.plain and not one.differing < LIMIT
    return f'{wms}<br><span class="{"bad" if bad else ""}">MapLibre {one.differing:.2%}</span>' + (
        "<br>plain" if one.plain else ""
    )


def _said(one: Comparison) -> str:
    lines = [*one.refused, *one.done, *(f"{finding.fate.value}: {finding.what}" for finding in one.findings)]
    if one.look is not None and one.look.trouble:
        lines.append(f"MapLibre: {one.look.trouble}")
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in dict.fromkeys(lines)) + "</ul>"
