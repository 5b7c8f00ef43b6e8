"""The transport of programs without a QGIS around them."""

from __future__ import annotations

from .transport import Transport


def default_transport() -> Transport:
    """Return a transport on `requests`, which is loaded now: not in QGIS, nor by commands that stay on this machine."""
    from .requests_transport import RequestsTransport

    return RequestsTransport()
