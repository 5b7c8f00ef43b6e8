"""Addresses of clients: behind trusted proxies, and in lists of networks (CIDR, IPv4 and IPv6)."""

from __future__ import annotations

import ipaddress
from typing import Any, Callable, Iterable, Sequence, Tuple, Union

from ..errors import InvalidInput
from ..translation import tr

Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]
Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]
Wsgi = Callable[..., Iterable[bytes]]

MOST_NETWORKS = 100


def networks(texts: Sequence[str]) -> Tuple[Network, ...]:
    """Return the networks of a list, such as 192.0.2.0/24, 2001:db8::/32 or single addresses.

    Raises:
        InvalidInput: one cannot be read.
    """
    if len(texts) > MOST_NETWORKS:
        raise InvalidInput(tr("There are too many networks; {count} can be given.", count=MOST_NETWORKS))
    return tuple(map(_network, texts))


def trusted_networks(setting: str) -> Tuple[Network, ...]:
    """Return the networks of a setting: with commas between, "" for none."""
    return networks([text for text in setting.split(",") if text])


def is_in(address: str, among: Sequence[Network]) -> bool:
    """Tell whether an address is in one of the networks; ::ffff:192.0.2.7 is 192.0.2.7, and no address is in none."""
    found = _address(address)
    return found is not None and any(found in network for network in among if network.version == found.version)


class TrustedProxies:
    """A WSGI application that learns the client's address from `X-Forwarded-For`, if a trusted proxy says so.

    Each proxy appends the address that it was asked from. So the list is read from its end, as long as it was written
    by trusted ones; what a client wrote at its beginning is never reached.
    """

    def __init__(self, application: Wsgi, trusted: Sequence[Network]) -> None:
        self._application, self._trusted = application, tuple(trusted)

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        """Answer with the application."""
        asked_from, header = environ.get("REMOTE_ADDR", ""), environ.get("HTTP_X_FORWARDED_FOR", "")
        if self._trusted and header:
            environ["REMOTE_ADDR"] = client_address(asked_from, header, self._trusted)
        return self._application(environ, start_response)


def client_address(asked_from: str, forwarded_for: str, trusted: Sequence[Network]) -> str:
    """Return the last address that is no trusted proxy's, of those by which a request came."""
    found = asked_from
    for told in reversed(forwarded_for.split(",")):
        if not is_in(found, trusted):
            return found
        address = _address(told.strip())
        if address is None:
            return found
        found = str(address)
    return found


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        raise InvalidInput(
            tr("“{value}” is no address and no network.", value=text[:60]),
            cure=tr("Write it as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32."),
        ) from None


def _address(text: str) -> Union[Address, None]:
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found
