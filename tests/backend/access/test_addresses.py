"""Addresses of clients: lists of networks, and proxies that are believed."""

from __future__ import annotations

from typing import List

import pytest

from geopub_plugin.backend.access.addresses import TrustedProxies, client_address, is_in, networks, trusted_networks
from geopub_plugin.backend.errors import InvalidInput

TRUSTED = "10.0.0.0/8,127.0.0.1,2001:db8:ffff::/48"


@pytest.mark.parametrize(
    ("asked_from", "header", "found"),
    [
        ("10.0.0.1", "192.0.2.7", "192.0.2.7"),
        ("10.0.0.1", "192.0.2.7, 10.0.0.2", "192.0.2.7"),
        ("10.0.0.1", "203.0.113.5, 192.0.2.7", "192.0.2.7"),  # what the client wrote is not reached
        ("10.0.0.1", "127.0.0.1, 192.0.2.7, 10.0.0.2", "192.0.2.7"),
        ("10.0.0.1", "192.0.2.7, nonsense", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.3", "10.0.0.3"),
        ("192.0.2.9", "192.0.2.7", "192.0.2.9"),
        ("2001:db8:ffff::1", "2001:db8::7", "2001:db8::7"),
        ("::ffff:10.0.0.1", "192.0.2.7", "192.0.2.7"),
        ("", "192.0.2.7", ""),
        ("10.0.0.1", "192.0.2.7:5000", "10.0.0.1"),
    ],
)
def test_only_trusted_proxies_are_believed(asked_from: str, header: str, found: str) -> None:
    assert client_address(asked_from, header, trusted_networks(TRUSTED)) == found


@pytest.mark.parametrize(("setting", "seen"), [("", "10.0.0.1"), ("10.0.0.0/8", "192.0.2.7")])
def test_nobody_is_trusted_unless_a_setting_says_so(setting: str, seen: str) -> None:
    met: List[str] = []
    application = TrustedProxies(
        lambda environ, _start: met.append(environ["REMOTE_ADDR"]) or [], trusted_networks(setting)
    )
    list(application({"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "192.0.2.7"}, None))
    assert met == [seen]


@pytest.mark.parametrize(
    ("address", "among", "inside"),
    [
        ("192.0.2.7", ["192.0.2.0/24"], True),
        ("192.0.2.7", ["192.0.2.7"], True),
        ("192.0.2.7", ["192.0.2.9/24"], True),
        ("::ffff:192.0.2.7", ["192.0.2.0/24"], True),
        ("192.0.3.7", ["192.0.2.0/24"], False),
        ("2001:db8::1", ["2001:DB8::/32"], True),
        ("fe80::1%eth0", ["fe80::/10"], True),
        ("2001:db9::1", ["2001:db8::/32", "0.0.0.0/0"], False),
        ("192.0.2.7", ["::/0"], False),
        ("", ["0.0.0.0/0", "::/0"], False),
        ("nonsense", ["0.0.0.0/0"], False),
    ],
)
def test_lists_of_networks(address: str, among: List[str], inside: bool) -> None:
    assert is_in(address, networks(among)) is inside


@pytest.mark.parametrize("text", ["", "nonsense", "192.0.2.0/33", "192.0.2.256", "2001:db8::/129", "10.0.0.0/8\nx"])
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        networks([text])
    with pytest.raises(InvalidInput):
        networks(["10.0.0.0/8"] * 101)
