"""What is counted of the services: each request that names layers, by offering and key, with the bytes it got."""

from __future__ import annotations

from typing import Callable, FrozenSet, Iterator, Mapping, Tuple

from flask import Flask, Response, g, request
from werkzeug.wsgi import ClosingIterator

from ..catalogue.publications import CataloguePublications
from ..catalogue.usage import UsageCounter

# What the paths of a service begin with -> the type of the offerings that it shows.
SERVICES: Mapping[str, str] = {
    "wfs": "WFS",
    "ogc": "WFS",
    "wms-v": "WMS-VECTOR",
    "wmts": "WMS-VECTOR",
    "tms": "WMTS-TMS",
}
NAMING: FrozenSet[str] = frozenset({"typenames", "typename", "layers", "layer"})  # parameters


def meter(app: Flask, publications: CataloguePublications, counter: UsageCounter) -> None:
    """Count what is asked of the services from now on; previews are not counted."""

    @app.after_request
    def count(response: Response) -> Response:
        first, _, rest = request.path.strip("/").partition("/")
        private = first == "private"
        kind = SERVICES.get(rest.partition("/")[0] if private else first)
        if kind is not None and response.status_code < 400:
            seen = g.get("admitted", frozenset()) if private else None
            asked = publications.offerings_of(kind, frozenset(_names()), seen)
            if asked:
                key = g.get("access_key", "") if private else ""
                _when_sent(response, lambda size: [counter.count(one, key, size) for one in asked])
        return response


def _names() -> Iterator[str]:
    """Yield the names of layers, and of tables in them, that a request holds in its parameters, path or body."""
    yield from g.get("types_asked", ())  # what the WFS has understood, of a body in XML too
    for name, value in request.args.items(multi=True):
        if name.lower() in NAMING:
            yield from (one.strip("() ") for one in value.split(","))
    for part in (request.view_args or {}).values():
        if isinstance(part, str):
            yield part


def _when_sent(response: Response, tell: Callable[[int], object]) -> None:
    """Tell how many bytes the body of an answer has, once that is known."""
    if request.method == "HEAD":
        tell(0)
    elif response.content_length is not None:
        tell(response.content_length)
    elif not response.is_streamed:
        tell(len(response.get_data()))
    else:
        sent = [0]
        inner = response.response
        closing: Tuple[Callable[[], None], ...] = tuple(filter(None, [getattr(inner, "close", None)]))

        def parts() -> Iterator[bytes]:
            try:
                for part in inner:
                    sent[0] += len(part)
                    yield part  # type: ignore[misc]
            finally:  # also when the client hangs up in the middle
                tell(sent[0])

        made = parts()
        response.response = ClosingIterator(made, [made.close, *closing])
