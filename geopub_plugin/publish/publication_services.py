"""The third stage of a publication: services are defined and offered."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Dict, List, Mapping, Tuple

from ..backend.errors import Conflict, InvalidInput, JobFailed, NotFound
from ..backend.translation import tr
from .attempt import Attempt
from .client.configurations import Configuration
from .client.stored_data import StoredData
from .proposal import TableStyle
from .publication_values import LiveUrl
from .service_definitions import CONFIGURATION_TYPES, styles_of, wms_definition
from .steps import Step


class ServiceStage:
    """Offers the services of a publication."""

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt

    def offered_at_once(self, existing: Dict[str, Configuration], infos: Mapping[str, Any]) -> str:
        """Offer tiles that are still being made, where the server does that; return the offering, or ""."""
        if CONFIGURATION_TYPES["tms"] in existing:  # it shows the former tiles until the new ones are there
            return ""
        with suppress(Conflict, InvalidInput):
            offering = self._offered(Step.TMS, existing, infos)
            for url in self._attempt.store.offerings.get(offering).urls:
                self._attempt.live(LiveUrl(Step.TMS.value, url.type, url.url))
            return offering
        return ""

    def _offered(self, step: Step, existing: Dict[str, Configuration], infos: Mapping[str, Any]) -> str:
        """Define a service and offer it, or bring the one that is there up to date; return the offering."""
        store, request, kind = self._attempt.store, self._attempt.request, CONFIGURATION_TYPES[step.value]
        known = existing.get(kind)
        if known is None:
            known = existing[kind] = store.configurations.create(kind, request.title, request.layer_name, infos)
            identifier = known.id
            self._attempt.undo.append(lambda store: store.configurations.delete(identifier))
            store.configurations.tag(known.id, {"datasheet_name": request.datasheet})
            offered: Tuple[Any, ...] = ()
        else:
            store.configurations.replace(known.id, kind, request.title, infos)
            offered = store.offerings.list(configuration=known.id)
        if offered:
            store.offerings.synchronise(offered[0].id)
            return str(offered[0].id)
        offering = store.offerings.create(known.id, self._endpoint(kind)).id
        self._attempt.undo.append(lambda store: store.offerings.delete(offering))
        return offering

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
        urls = [LiveUrl(step.value, url.type, url.url) for url in live.urls]
        for url in urls if not offering else ():
            self._attempt.live(url)
        return urls

    def _endpoint(self, kind: str) -> str:
        endpoint = self._attempt.store.endpoint(kind)
        if endpoint is None:
            raise NotFound(
                tr("The server has no open endpoint with room for a {type} service.", type=kind),
                cure=tr("Unpublish a service that is no longer needed, or ask the administrator for a larger quota."),
            )
        return endpoint.id

    def wms_definition(self, data: StoredData, existing: Mapping[str, Configuration]) -> Dict[str, Any]:
        """Return the definition of the WMS, its styles stored."""
        request = self._attempt.request
        known = existing.get(CONFIGURATION_TYPES["wms"])
        statics = styles_of(known.type_infos) if known else {}
        renamed = {relation.native or relation.name: relation.name for relation in data.relations}
        for style in request.styles:
            table = renamed.get(style.table, style.table)
            if table in statics:
                self._attempt.store.statics.replace(statics[table], style.filename, style.content)
            elif table in renamed.values():
                statics[table] = self._new_style(f"{request.layer_name}_{table}", style)
        return wms_definition(data, request.title, request.abstract, request.keywords, statics)

    def _new_style(self, name: str, style: TableStyle) -> str:
        made = self._attempt.store.statics.create_style(name, style.filename, style.content).id
        self._attempt.undo.append(lambda store: store.statics.delete(made))
        return made
