"""The names under which this backend answers: a defence against DNS rebinding, and the base of every URL it states."""

from __future__ import annotations

import ipaddress
from typing import Callable, FrozenSet
from urllib.parse import urlsplit

from flask import request

from ..errors import NotAllowed
from ..translation import tr

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def host_guard(bound_to: str, public_url: str) -> Callable[[], None]:
    """Return a guard for a backend bound to an address of this machine only.

    A web page whose domain is made to point to 127.0.0.1 could otherwise read from it with its visitor's browser: such
    requests carry the page's domain in their Host header. A backend bound to another address answers to any name.
    """
    if not is_loopback(bound_to):
        return lambda: None
    allowed: FrozenSet[str] = LOOPBACK | {name for name in (bound_to, urlsplit(public_url).hostname) if name}

    def guard() -> None:
        name = urlsplit(f"//{request.host}").hostname or ""
        if name not in allowed:
            raise NotAllowed(
                tr("The request was refused."),
                tr("It is addressed to “{name}”, and this backend serves its own machine only.", name=name),
                tr("Use http://127.0.0.1 with its port, or set the public URL of the backend."),
            )

    return guard


def base_url_of(public_url: str) -> Callable[[], str]:
    """Return a function that states the URL of this backend: the configured one, else the one that is asked."""
    fixed = public_url.rstrip("/")
    return lambda: fixed or request.host_url.rstrip("/")


def is_loopback(address: str) -> bool:
    """Say whether an address to bind to is reachable from this machine only."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"
