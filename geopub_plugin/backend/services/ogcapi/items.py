"""Items as GeoJSON, streamed: a page of a collection, and a single feature (OGC 17-069r4 §7.15 and §7.16)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, List, Mapping, Optional

from ...translation import tr
from ..wfs.answers import Body, Section, begun, pieces_of, projected_batches, timestamp
from ..wfs.geojson import ItemWriter
from ..wfs.queries import FeatureQuery
from ..wfs.selection import Selection, selected
from ..wfs.tables import Tables
from .addresses import GEOJSON, HTML, JSON, Addresses, Link, link, with_parameters


@dataclass(frozen=True)
class Items:
    """A page of items, and the addresses that go with it."""

    selection: Selection
    links: List[Link]

    def body(self) -> Body:
        """Return the page; what can fail has failed, or not, when this returns."""
        writer = _writer(self.selection.query)
        head = writer.collection(
            {
                "numberMatched": self.selection.matched,
                "numberReturned": self.selection.returned,
                "timeStamp": timestamp(),
                "links": self.links,
            }
        )
        pieces = pieces_of(head, [Section(writer, projected_batches(self.selection))], writer.tail())
        return begun(pieces, self.selection.returned)


def items(query: FeatureQuery, tables: Tables, addresses: Addresses, asked: Mapping[str, str], form: str) -> Items:
    """Return the page of items that a query selects."""
    selection = selected(query, tables).page(query.start, query.count)
    return Items(selection, _links(selection, addresses, asked, form))


def item(query: FeatureQuery, tables: Tables, addresses: Addresses, key: str, form: str) -> Optional[bytes]:
    """Return the one feature that a query selects, None where there is none."""
    selection = selected(query, tables).page(0, 1)
    if selection.returned == 0:
        return None
    name = query.published.name.text
    own = addresses.collection(name, "items", key)
    other = {"json": ("html", HTML), "html": ("json", GEOJSON)}[form]
    links = [
        link("self", GEOJSON if form == "json" else HTML, f"{own}?f={form}"),
        link("alternate", other[1], f"{own}?f={other[0]}"),
        link("collection", JSON, addresses.collection(name), query.published.type.title),
    ]
    return _writer(query).feature(next(projected_batches(selection)), {"links": links})


def _writer(query: FeatureQuery) -> ItemWriter:
    return ItemWriter(query.columns, query.srs)


def _links(selection: Selection, addresses: Addresses, asked: Mapping[str, str], form: str) -> List[Link]:
    """Return the links of a page: itself, its other form, the collection, the pages after and before (§7.15.7)."""
    query, name = selection.query, selection.query.published.name.text
    own, media_type = addresses.collection(name, "items"), {"json": GEOJSON, "html": HTML}
    other = "html" if form == "json" else "json"
    limit = query.count or selection.matched

    def page(**changed: str) -> str:
        kept: Dict[str, str] = {key: value for key, value in asked.items() if key not in ("offset", *changed)}
        start = changed.pop("offset", asked.get("offset", "0"))
        return with_parameters(own, {**kept, **changed, **({} if start == "0" else {"offset": start})})

    links = [
        link("self", media_type[form], page(f=form)),
        link("alternate", media_type[other], page(f=other)),
        link("collection", JSON, addresses.collection(name), query.published.type.title),
    ]
    start = min(query.start, selection.matched)
    if start + selection.returned < selection.matched:
        links.append(link("next", media_type[form], page(offset=str(start + selection.returned)), tr("Next page")))
    if start > 0:
        before = {"offset": str(max(0, start - limit)), "limit": str(min(limit, start))}
        links.append(link("prev", media_type[form], page(**before), tr("Previous page")))
    return links
