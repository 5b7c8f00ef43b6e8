"""The backend as one web application: a table of contents."""

from __future__ import annotations

from typing import Any, Callable, Optional, Tuple

from flask import Blueprint, Flask, request

from .access.addresses import TrustedProxies, trusted_networks
from .access.admission import Admission
from .access.attempts import Attempts
from .access.callers import Identity
from .access.hosts import base_url_of, host_guard
from .access.identities import known_users, where_to_get_a_token
from .access.journal import keep_journal
from .access.metering import meter
from .access.previews import Previews, lasting_secret
from .access.rights import rights_guard
from .access.tokens import token_guard
from .api import (
    accesses,
    annexes,
    catalogs,
    communities,
    configurations,
    context,
    datasheets,
    datastores,
    documentation,
    documents,
    executions,
    handovers,
    health,
    keys,
    landing,
    offerings,
    permissions,
    programs,
    pyramids,
    records,
    revisions,
    statics,
    stored_data,
    tile_matrices,
    uploads,
    users,
)
from .api.answers import handle_errors
from .api.bodies import size_guard, streaming_request
from .api.previews import page_blueprint, previews_blueprint
from .api.statistics import statistics_blueprint
from .catalogue.published_records import PublishedRecords
from .catalogue.store import Store
from .catalogue.usage import UsageCounter
from .portal.viewer import viewer_blueprint
from .render.supervisor import Renderer
from .services.csw.blueprint import csw_blueprint
from .services.doors import PRIVATE, admitted, preview_base, preview_door, private_door
from .services.freshness import keep_nothing_unsaid
from .services.ogcapi.blueprint import features_blueprint
from .services.publications import Publications
from .services.tms.blueprint import tms_blueprint
from .services.tms.first_views import FirstViews
from .services.tms.fresh_tiles import FreshTiles
from .services.tms.glyphs import glyphs_blueprint
from .services.tms.plan_layers import PlanLayers, plans_door
from .services.wfs.blueprint import wfs_blueprint
from .services.wfs.tables import Tables
from .services.wms.blueprint import wms_blueprint
from .services.wmts.blueprint import wmts_blueprint
from .services.wmts.tile_cache import TileCache
from .settings import Settings
from .tiles.tile_builders import TileBuilders

_NEVER_WAIT = 2  # threads that answer at once, whatever tiles are being built


def create_app(
    store: Store,
    settings: Settings,
    token: str,
    renderer: Renderer,
    builders: Optional[TileBuilders] = None,
    counter: Optional[UsageCounter] = None,
) -> Flask:
    """Return the application that serves a store.

    Args:
        store: opened, its queue in use.
        settings: what the backend was told.
        token: that requests to the API must carry.
        renderer: draws the pictures of WMS, started at the first of them.
        builders: build the tiles of pyramids that are still being made; its owner stops them. Without them tiles are
            built when they are asked for only.
        counter: counts what is asked of the services; its owner stops it.
    """
    app = Flask(__name__, static_folder=None)
    app.wsgi_app = TrustedProxies(app.wsgi_app, trusted_networks(settings.trusted_proxies))  # type: ignore[method-assign]
    app.request_class = streaming_request(store.folder.path / "work")
    base_url = base_url_of(settings.public_url)
    context.give(app, store, settings, base_url)

    app.before_request(host_guard(settings.host, settings.public_url))
    identity, attempts = known_users(store, settings, token), Attempts()
    app.before_request(token_guard(identity, where_to_get_a_token(settings)))
    app.before_request(rights_guard(store))
    app.before_request(size_guard(settings))
    handle_errors(app)
    keep_nothing_unsaid(app)
    if settings.access_log:
        keep_journal(app, store.folder.log)

    _register_api(app)
    if settings.login == "none":  # its only user owns the data folder
        app.register_blueprint(handovers.blueprint)
    counter = counter or UsageCounter(store.database)
    meter(app, store.publications, counter)
    app.register_blueprint(statistics_blueprint(counter))
    _register_sign_in(app, store, settings, identity, attempts)
    fresh = FreshTiles(builders or TileBuilders(), waiting=max(1, settings.threads - _NEVER_WAIT))
    if builders is not None:
        _build_first_views(store, fresh)
    tiles = TileCache(renderer, store.folder.tile_cache, settings.tile_cache_bytes)
    _keep_tiles_of_live_layers(store, tiles)
    _register_services(app, store, renderer, fresh, tiles, base_url)
    _register_plans(app, fresh, base_url)
    _register_doors(app, store, Admission(store, identity, attempts), renderer, fresh, tiles, base_url)
    return app


def _keep_tiles_of_live_layers(store: Store, tiles: TileCache) -> None:
    """Let drawn tiles go with the layers that they show, now and whenever something is published or taken off."""
    tiles.keep_only(store.publications.layers_drawn())
    store.database.after_commit(
        lambda touched: tiles.keep_only(store.publications.layers_drawn()) if "offering" in touched else None
    )


def _build_first_views(store: Store, fresh: FreshTiles) -> None:
    """Have tiles built as soon as somebody offers a pyramid that is being made."""
    views = FirstViews(fresh, store.publications.tiles_being_made)
    store.database.after_commit(lambda touched: views.look() if "offering" in touched else None)


def _register_api(app: Flask) -> None:
    app.register_blueprint(health.blueprint)
    app.register_blueprint(landing.blueprint)
    app.register_blueprint(documentation.blueprint)
    app.register_blueprint(users.blueprint)
    app.register_blueprint(keys.blueprint)
    app.register_blueprint(accesses.blueprint)
    app.register_blueprint(documents.blueprint)
    app.register_blueprint(documents.public)
    app.register_blueprint(communities.blueprint)
    app.register_blueprint(datastores.blueprint)
    app.register_blueprint(uploads.blueprint)
    app.register_blueprint(catalogs.blueprint)
    app.register_blueprint(tile_matrices.blueprint)
    app.register_blueprint(programs.blueprint)
    app.register_blueprint(executions.blueprint)
    app.register_blueprint(stored_data.blueprint)
    app.register_blueprint(pyramids.blueprint)
    app.register_blueprint(statics.blueprint)
    app.register_blueprint(annexes.blueprint)
    app.register_blueprint(annexes.public)
    app.register_blueprint(configurations.blueprint)
    app.register_blueprint(offerings.blueprint)
    app.register_blueprint(permissions.blueprint)
    app.register_blueprint(records.blueprint)
    app.register_blueprint(revisions.blueprint)
    app.register_blueprint(datasheets.blueprint)


def _register_sign_in(app: Flask, store: Store, settings: Settings, identity: Identity, attempts: Attempts) -> None:
    if settings.login == "local":
        from .access.authorization import AuthorizationServer  # oauthlib is for servers; the plugin does without it
        from .api.tokens import tokens_blueprint

        server = AuthorizationServer(store, attempts, settings.token_minutes * 60)
        app.register_blueprint(tokens_blueprint(server, identity))


def _register_services(
    app: Flask, store: Store, renderer: Renderer, fresh: FreshTiles, tiles: TileCache, base_url: Callable[[], str]
) -> None:
    for service in _services(store.publications, renderer, fresh, tiles, base_url):
        app.register_blueprint(service)
    app.register_blueprint(csw_blueprint(store.publications, PublishedRecords(store.database), base_url))
    app.register_blueprint(glyphs_blueprint(renderer))


def _register_plans(app: Flask, fresh: FreshTiles, base_url: Callable[[], str]) -> None:
    layers = PlanLayers()
    app.register_blueprint(pyramids.plan_layers_blueprint(layers))
    app.register_blueprint(plans_door(layers, fresh, base_url))


def _register_doors(
    app: Flask,
    store: Store,
    admission: Admission,
    renderer: Renderer,
    fresh: FreshTiles,
    tiles: TileCache,
    base_url: Callable[[], str],
) -> None:
    """Put the same services behind doors that let in who may see what is not public, see `services.doors`."""
    shown = store.publications.choice(admitted, private=True)
    services = _services(shown, renderer, fresh, tiles, lambda: base_url() + PRIVATE)
    app.register_blueprint(private_door(services, lambda: admission.admitted(request)))

    previews = Previews(lasting_secret(store.folder.path))
    shown = store.publications.choice(admitted, private=False)
    here = preview_base(base_url)
    services = (*_services(shown, renderer, fresh, tiles, here), page_blueprint(shown, here))
    app.register_blueprint(preview_door(services, previews.offering))
    app.register_blueprint(previews_blueprint(previews))


def _services(
    publications: Publications, renderer: Renderer, fresh: Any, tiles: TileCache, base_url: Callable[[], str]
) -> Tuple[Blueprint, ...]:
    opened = Tables()  # two services read the same ones
    return (
        wfs_blueprint(publications, base_url, opened),
        features_blueprint(publications, base_url, opened),
        wms_blueprint(publications, renderer, base_url),
        wmts_blueprint(publications, renderer, tiles, base_url),
        tms_blueprint(publications, base_url, fresh),
        viewer_blueprint(publications, base_url),
    )
