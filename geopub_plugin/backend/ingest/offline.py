"""GDAL without the network: what reads a file must not be made to fetch anything by what the file says.

A GeoJSON file may name its reference system by a link, and GDAL follows it. GDAL has no switch against that, but every
request of it goes through the proxy that it is told of: one that no request can get through. PROJ has a switch.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import Iterator

from osgeo import gdal, osr

_NOWHERE = "geopub-offline://nowhere"  # a scheme that curl refuses before it looks up any name
_PROXIES = ("GDAL_HTTP_PROXY", "GDAL_HTTPS_PROXY")
_EXCEPTIONS = ("NO_PROXY", "no_proxy")  # hosts for which curl would go round the proxy


@contextmanager
def offline() -> Iterator[None]:
    """Keep GDAL and PROJ from reaching the network, in this process."""
    options = {name: gdal.GetConfigOption(name) for name in _PROXIES}
    exceptions = {name: os.environ.pop(name) for name in _EXCEPTIONS if name in os.environ}
    switchable = hasattr(osr, "SetPROJEnableNetwork")  # from GDAL 3.4 on; before, PROJ asks where its own setting says
    reachable = switchable and osr.GetPROJEnableNetwork()
    if switchable:
        osr.SetPROJEnableNetwork(False)
    for name in _PROXIES:
        gdal.SetConfigOption(name, _NOWHERE)
    try:
        yield
    finally:
        if switchable:
            osr.SetPROJEnableNetwork(reachable)
        os.environ.update(exceptions)
        for name, value in options.items():
            gdal.SetConfigOption(name, value)
