"""GetPropertyValue answers: the values of one property, streamed (OGC 09-025r2 §10)."""

from __future__ import annotations

from typing import Iterator

from ...features.batch import Batch
from ...features.bytestrings import Texts, laid
from ..owscommon import Parameters
from .answers import Answer, begun, gml_writer, page_links, projected_batches, timestamp
from .gml import DECLARATION, GmlWriter, namespaces, stated
from .queries import GML_ID, FeatureQuery
from .selection import selected
from .tables import Tables


def value_answer(
    query: FeatureQuery, step: str, tables: Tables, base: str, endpoint: str, parameters: Parameters
) -> Answer:
    """Return the values: texts, geometries without their property's element, or identifiers (§10.3)."""
    selection = selected(query, tables).page(query.start, 0 if query.hits else query.count)
    writer = gml_writer(query, base, endpoint)
    links = {} if query.hits else page_links([selection], endpoint, parameters)
    said = stated(selection.matched, selection.returned, timestamp(), links)
    head = f"{DECLARATION}<wfs:ValueCollection{namespaces([writer])}{said}>\n".encode()

    def pieces() -> Iterator[bytes]:
        held = head
        for batch in projected_batches(selection):
            yield held + _members(_texts(writer, batch, step))
            held = b""
        yield held + b"</wfs:ValueCollection>\n"

    return Answer(writer.media_type, begun(pieces(), selection.returned))


def _texts(writer: GmlWriter, batch: Batch, step: str) -> Texts:
    return writer.identifiers(batch) if step == GML_ID else writer.values(batch, step)


def _members(texts: Texts) -> bytes:
    return laid([b"<wfs:member>", texts, b"</wfs:member>\n"], len(texts)).data.tobytes()
