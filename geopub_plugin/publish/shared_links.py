"""What a publication is given away as: its web page, and the lines that put it into another page."""

from __future__ import annotations

from html import escape
from typing import Sequence, Tuple
from urllib.parse import quote, urlsplit

from .transport import is_loopback

_TILES = "/tms/1.0.0/"
WEB = "WEB"  # the kind of the address of a page, beside "WFS", "WMS", "TMS" and "WMTS"


def web_page(addresses: Sequence[Tuple[str, str]]) -> str:
    """Return the page on which GeoPub's own server shows the tiles, "" where there are none."""
    tiles = next((url for kind, url in addresses if kind == "TMS"), "")
    host, separator, name = tiles.partition(_TILES)
    return f"{host}/view/{quote(name.strip('/'))}" if separator and name.strip("/") else ""


def embed_snippet(page: str, title: str) -> str:
    """Return the HTML that shows a page inside another one."""
    return (
        f'<iframe src="{escape(page, quote=True)}" title="{escape(title, quote=True)}" '
        'width="100%" height="450" style="border:0" loading="lazy" allowfullscreen></iframe>'
    )


def only_here(address: str) -> bool:
    """Tell whether an address leads nowhere but on this computer."""
    return bool(urlsplit(address).hostname) and is_loopback(address)
