"""A store of this machine under the address of the Géoplateforme: what is asked there is answered here."""

from __future__ import annotations

from dataclasses import replace
from threading import Event
from typing import Optional

from geopub_plugin.publish.transport import Request, Response, Sent, Transport

API = "https://data.geopf.fr/api"


class PlatformTransport:
    """Carries requests to the platform's API to another one."""

    def __init__(self, transport: Transport, api: str) -> None:
        self._transport, self._api = transport, api

    def send(self, request: Request, sent: Optional[Sent] = None, cancel: Optional[Event] = None) -> Response:
        """Send a request to where it is answered."""
        return self._transport.send(replace(request, url=request.url.replace(API, self._api, 1)), sent, cancel)
