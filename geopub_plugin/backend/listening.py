"""The address on which the backend listens."""

from __future__ import annotations

import errno
import ipaddress
import socket

from .errors import Conflict, InvalidInput
from .translation import tr

_FORBIDDEN = (errno.EACCES, getattr(errno, "WSAEACCES", errno.EACCES))
_TAKEN = (errno.EADDRINUSE, getattr(errno, "WSAEADDRINUSE", errno.EADDRINUSE), *_FORBIDDEN)


class PortTaken(Conflict):
    """The port cannot be listened on."""


def bound_socket(host: str, port: int, last_port: int = 0) -> socket.socket:
    """Return a socket that listens on an address; connections wait until somebody accepts them.

    Args:
        host: address or name of this computer.
        port: 0 takes `last_port` when it is free, else any free one.
        last_port: the port of the last time: published URLs hold it.

    Raises:
        PortTaken: another program listens there, or it is not allowed to this user.
        InvalidInput: the host is not an address of this computer.
    """
    if port == 0 and last_port:
        try:
            return _bound(host, last_port)
        except PortTaken:
            return _bound(host, 0)
    return _bound(host, port)


def url_of(bound: socket.socket) -> str:
    """Return the URL at which this computer reaches a bound socket."""
    host, port = bound.getsockname()[:2]
    address = ipaddress.ip_address(host.partition("%")[0])
    if address.is_unspecified:
        address = ipaddress.ip_address("127.0.0.1" if address.version == 4 else "::1")
    return f"http://[{address}]:{port}" if address.version == 6 else f"http://{address}:{port}"


def _bound(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as error:
        raise _unknown_host(host, error) from error
    made = socket.socket(family, kind, protocol)
    try:
        # POSIX: a port whose last connections linger is free; Windows: nobody shares our port.
        made.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_REUSEADDR), 1)
        made.bind(address)
        made.listen(1024)  # at once: with SO_REUSEADDR two sockets may bind a port, but only one may listen on it
    except OSError as error:
        made.close()
        if error.errno in _TAKEN:
            raise _port_taken(host, port, error) from error
        raise _unknown_host(host, error) from error
    return made


def _port_taken(host: str, port: int, error: OSError) -> PortTaken:
    if error.errno in _FORBIDDEN:
        why = tr("The system does not allow it to this user: {reason}.", reason=error.strerror)
    else:
        why = tr("Another program, or another GeoPub, listens there.")
    return PortTaken(
        tr("The port {port} of {host} cannot be used.", port=port, host=host),
        why,
        tr("Give another port with --port, or 0 to take any that is free."),
    )


def _unknown_host(host: str, error: OSError) -> InvalidInput:
    return InvalidInput(
        tr("The host {host} cannot be used.", host=host),
        tr("It is not an address of this computer: {reason}.", reason=error.strerror or error),
        tr("Give 127.0.0.1 to serve this computer only, or one of its own addresses."),
    )
