"""A layer goes to a team server: signed in by QGIS's authentication manager, over QGIS's network."""

from __future__ import annotations

from contextlib import closing
from typing import Iterator

import pytest
from qgis.core import QgsApplication, QgsAuthMethodConfig
from qgis.PyQt.QtCore import QVariant

from geopub_plugin.backend.errors import GeoPubError, NotAuthenticated
from geopub_plugin.publish.background import BackgroundCall
from geopub_plugin.publish.layer_plan import LayerPlan
from geopub_plugin.publish.layer_publication import LayerPublication
from geopub_plugin.publish.qgis_transport import QgisTransport
from geopub_plugin.publish.sign_in import issuer_of, keep, password_sign_in
from geopub_plugin.publish.store_source import StoreSource
from geopub_plugin.publish.targets import Target, TargetKind
from geopub_plugin.publish.transport import Request
from tests.team_server import LOGIN, PASSWORD, team_server


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[str]:
    with team_server(tmp_path_factory.mktemp("team") / "data") as url:
        yield url


@pytest.fixture(scope="module")
def signed_in(qgis_app, server) -> Iterator[str]:
    """Return the identifier of Ada's authentication configuration."""
    manager = QgsApplication.authManager()
    if manager.isDisabled() or not manager.setMasterPassword("for tests only", True):
        pytest.skip("this QGIS has no authentication database")
    authcfg = keep(password_sign_in("Town", issuer_of(f"{server}/api"), LOGIN, PASSWORD))
    yield authcfg
    manager.removeAuthenticationConfig(authcfg)


def result_of(qtbot, work):
    ended: list = []
    call = BackgroundCall("test", work)
    call.answered.connect(ended.append)
    call.refused.connect(ended.append)
    call.start()
    qtbot.waitUntil(lambda: bool(ended), timeout=60_000)
    return ended[0]


def town(server: str, authcfg: str, **more: str) -> Target:
    return Target("town", TargetKind.SERVER, "Town", f"{server}/api", authcfg, **{"datastore": "town", **more})


def test_a_layer_is_published_under_its_prefix(qtbot, server, signed_in, points):
    source = StoreSource(town(server, signed_in, prefix="town."))
    layer = points([("name", QVariant.String)], [["a"], ["b"]])
    publication = LayerPublication(layer, LayerPlan("Stops", "Stops", "stops", ("wfs", "tms")), source)
    ended: list = []
    publication.finished.connect(ended.append)
    publication.failed.connect(ended.append)
    publication.start()
    qtbot.waitUntil(lambda: bool(ended), timeout=60_000)
    assert not isinstance(ended[0], GeoPubError), ended[0]
    assert ended[0].layer_name == "town.stops" and {url.type for url in ended[0].urls} >= {"WFS", "TMS"}

    def sheets(call: BackgroundCall):
        with source.address.open(call.cancelled) as store:
            return store.datasheets.list()

    (sheet,) = result_of(qtbot, sheets)
    assert {service.layer_name for service in sheet.services} == {"town.stops"}


def test_nobody_comes_in_without(qtbot, server, signed_in):
    def ask(call: BackgroundCall):
        with StoreSource(town(server, "")).address.open(call.cancelled) as store:
            return store.datasheets.list()

    assert isinstance(result_of(qtbot, ask), NotAuthenticated)


def test_a_configuration_that_is_gone_is_named(qtbot, server, signed_in):
    def ask(call: BackgroundCall):
        with StoreSource(town(server, "gone123")).address.open(call.cancelled) as store:
            return store.datasheets.list()

    error = result_of(qtbot, ask)
    assert isinstance(error, NotAuthenticated) and "gone123" in str(error)


def test_login_and_password_of_http_are_sent(qtbot, server, signed_in):
    config = QgsAuthMethodConfig()
    config.setName("basic")
    config.setMethod("Basic")
    config.setConfigMap({"username": "ada", "password": "x", "realm": ""})
    authcfg = keep(config)

    def ask(call: BackgroundCall):
        with closing(QgisTransport(authcfg)) as transport:
            return transport.send(Request("GET", f"{server}/api/users/me"), cancel=call.cancelled).status

    assert result_of(qtbot, ask) == 401  # sent, and refused by this server, which takes tokens only
    QgsApplication.authManager().removeAuthenticationConfig(authcfg)


@pytest.mark.parametrize(
    "api, token_url",
    [
        ("https://h/api", "https://h/realms/geoplateforme/protocol/openid-connect/token"),
        ("https://h/gp/api/", "https://h/gp/realms/geoplateforme/protocol/openid-connect/token"),
        ("https://data.geopf.fr/api", "https://sso.geopf.fr/realms/geoplateforme/protocol/openid-connect/token"),
    ],
)
def test_issuers(api, token_url):
    assert issuer_of(api).token_url == token_url
