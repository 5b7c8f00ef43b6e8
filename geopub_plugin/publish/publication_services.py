"""The third stage of a publication: services are defined and offered."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Dict, List, Mapping, Optional, Tuple

from ..backend.errors import Conflict, InvalidInput, JobFailed, NotFound
from ..backend.translation import tr
from .attempt import Attempt
from .client.configurations import Configuration
from .client.datastores import Datastore
from .client.listed_styles import styles_listed
from .client.permissions import COMMUNITY
from .client.stored_data import StoredData
from .plain_style import plain_style
from .proposal import TableStyle
from .publication_values import LiveUrl
from .service_definitions import CONFIGURATION_TYPES, levels_of, style_static, styles_of, wms_definition
from .steps import Step
from .table_plan import Access


class ServiceStage:
    """Offers the services of a publication."""

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt
        self._datastore: Optional[Datastore] = None
        self._map_styles: Optional[Tuple[TableStyle, ...]] = None

    def look_ahead(self) -> None:
        """Ask what the services are going to need, while the store is at other work."""
        self._datastore = self._attempt.store.describe()

    def offered_at_once(self, existing: Dict[str, Configuration], infos: Mapping[str, Any], data: StoredData) -> str:
        """Offer tiles of `data` that are still being made, where the server does that; return the offering, or ""."""
        if CONFIGURATION_TYPES["tms"] in existing:  # it shows the former tiles until the new ones are there
            return ""
        with suppress(Conflict, InvalidInput):
            offering = self._offered(Step.TMS, existing, infos)
            levels = levels_of(infos) if data.bounds is not None else None
            live = self._attempt.store.offerings.get(offering)
            for url in live.urls:
                self._attempt.live(LiveUrl(Step.TMS.value, url.type, url.url, levels, data.bounds, live.open))
            return offering
        return ""

    def _offered(self, step: Step, existing: Dict[str, Configuration], infos: Mapping[str, Any]) -> str:
        """Define a service and offer it, or bring the one that is there up to date; return the offering."""
        store, request, kind = self._attempt.store, self._attempt.request, CONFIGURATION_TYPES[step.value]
        known = existing.get(kind)
        attribution = request.description.attribution if request.description else None
        if known is None:
            create = store.configurations.create
            known = existing[kind] = create(kind, request.shown_title, request.layer_name, infos, attribution)
            identifier = known.id
            self._attempt.undo.append(lambda store: store.configurations.delete(identifier))
            offered: Tuple[Any, ...] = ()
        else:
            shown = attribution if request.description else known.attribution
            store.configurations.replace(known.id, kind, request.shown_title, infos, shown, known.metadata)
            offered = store.offerings.list(configuration=known.id)
        theme = {"theme": request.theme} if request.theme else {}
        store.configurations.tag(known.id, {"datasheet_name": request.datasheet, **theme})
        if offered and self._as_wanted(offered[0].id):
            store.offerings.synchronise(offered[0].id)
            return str(offered[0].id)
        restricted = request.access is not None and request.access.restricted
        endpoint = self._endpoint(kind, not restricted)  # there may be no room: what is live stays then
        for other in offered:  # on an endpoint for other people: another address
            store.offerings.delete(other.id)
            self._datastore = None  # there is more room now
        offering = store.offerings.create(known.id, endpoint, not restricted).id
        self._attempt.undo.append(lambda store: store.offerings.delete(offering))
        if restricted:
            self._permit(offering)
        return offering

    def _as_wanted(self, offering: str) -> bool:
        """Tell whether those may see a service who are to see it."""
        access = self._attempt.request.access
        return access is None or self._attempt.store.offerings.get(offering).open is not access.restricted

    def _permit(self, offering: str) -> None:
        """Let the own community use a restricted service, as the platform's own clients do."""
        store, access = self._attempt.store, self._attempt.request.access or Access(True)
        community = store.describe().community
        licence = access.licence or tr("Use of {layer}", layer=self._attempt.request.layer_name)
        if community:
            end = f"{access.end_date}T23:59:00Z" if access.end_date else ""
            store.permissions.grant(COMMUNITY, [community], licence, [offering], end)

    def published(
        self, step: Step, existing: Dict[str, Configuration], infos: Mapping[str, Any], offering: str = ""
    ) -> List[LiveUrl]:
        """Offer a service, if it is not offered yet, and return its addresses once it is live."""
        with self._attempt.timed(step):
            live = self._attempt.store.offerings.published(offering or self._offered(step, existing, infos))
        if live.status != "PUBLISHED":
            raise JobFailed(
                tr("The step “{step}” failed.", step=step.title), tr("The service is {status}.", status=live.status)
            )
        urls = [LiveUrl(step.value, url.type, url.url, open=live.open) for url in live.urls]
        for url in urls if not offering else ():
            self._attempt.live(url)
        return urls

    def _endpoint(self, kind: str, open_to_all: bool) -> str:
        if self._datastore is None:
            self._datastore = self._attempt.store.describe()
        endpoint = self._datastore.endpoint(kind, open_to_all)
        if endpoint is None and not open_to_all:
            raise NotFound(
                tr("The server has no endpoint with room for a restricted {type} service.", type=kind),
                cure=tr("Publish it for everybody, or ask the administrator for an endpoint with restricted access."),
            )
        if endpoint is None:
            raise NotFound(
                tr("The server has no open endpoint with room for a {type} service.", type=kind),
                cure=tr("Unpublish a service that is no longer needed, or ask the administrator for a larger quota."),
            )
        return endpoint.id

    def map_styles(self) -> Tuple[TableStyle, ...]:
        """Return the styles as the map servers of the store read them; raise InvalidInput where one cannot be."""
        if self._map_styles is None:
            request, as_they_are = self._attempt.request, self._attempt.store.draws_qml
            plain = () if as_they_are else request.map_styles or tuple(map(plain_style, request.styles))
            self._map_styles = request.styles if as_they_are else plain
        return self._map_styles

    def wms_definition(self, data: StoredData, existing: Mapping[str, Configuration]) -> Dict[str, Any]:
        """Return the definition of the WMS, its styles stored."""
        request = self._attempt.request
        known = existing.get(CONFIGURATION_TYPES["wms"])
        statics = styles_of(known.type_infos) if known else {}
        own = self._own_styles(known) if known else {}
        renamed = {relation.native or relation.name: relation.name for relation in data.relations}
        for style in self.map_styles():
            table = renamed.get(style.table, style.table)
            if table in own or table in statics:
                self._attempt.store.statics.replace(own.get(table) or statics[table], style.filename, style.content)
            elif table in renamed.values():
                statics[table] = self._new_style(style_static(request.layer_name, table), style)
        return wms_definition(data, request.shown_title, request.abstract, request.keywords, statics)

    def _own_styles(self, known: Configuration) -> Dict[str, str]:
        """Return what publications have stored, where a person has added other styles: these stay as they are."""
        listed = styles_listed(known.extra, known.layer_name, statics=True)
        return {
            part.table: part.id
            for style in listed
            for part in style.parts
            if self._attempt.store.statics.get(part.id).name == style_static(known.layer_name, part.table)
        }

    def _new_style(self, name: str, style: TableStyle) -> str:
        made = self._attempt.store.statics.create_style(name, style.filename, style.content).id
        self._attempt.undo.append(lambda store: store.statics.delete(made))
        return made
