"""What is published brought up to date without its data: styles, or what is said of it."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional

from ..backend.errors import GeoPubError, NotFound
from ..backend.translation import tr
from .attempt import Attempt
from .client import Store
from .client.configurations import Configuration
from .client.stored_data import StoredData
from .metadata_stage import MetadataStage
from .publication import existing_configurations, vector_data
from .publication_services import ServiceStage
from .publication_values import LiveUrl, PublicationRequest, PublicationResult
from .service_definitions import CONFIGURATION_TYPES, levels_of, tms_definition, wfs_definition
from .steps import Listener, Quiet, Step

_TEXTS = ("title", "abstract", "keywords")


class PublicationUpdate:
    """One update of a publication that is there, run once."""

    def __init__(self, store: Store, request: PublicationRequest, listener: Optional[Listener] = None) -> None:
        """Bring up to date what `request` names; its file is not read."""
        self._attempt = Attempt(store, request, listener or Quiet(), lambda _url: None)  # all of it is live already
        self._services = ServiceStage(self._attempt)
        self._metadata = MetadataStage(self._attempt)

    def run(self, style: bool, metadata: bool) -> PublicationResult:
        """Bring styles, or what is said of the data, or both, up to date.

        Raises:
            NotFound: nothing is published under this name.
            GeoPubError: the store refused a step; nothing new is left of the attempt.
        """
        try:
            return self._run(style, metadata)
        except GeoPubError:
            self._attempt.take_back()
            raise

    def _run(self, style: bool, metadata: bool) -> PublicationResult:
        attempt, request = self._attempt, self._attempt.request
        existing = existing_configurations(attempt.store, request)
        identifier = vector_data(existing, attempt.store)
        if not existing or not identifier:
            raise NotFound(
                tr("“{title}” is not published here any more.", title=request.title),
                cure=tr("Publish the layer as a whole."),
            )
        data = attempt.store.stored_data.get(identifier)
        urls: List[LiveUrl] = []
        for service, step in (("wfs", Step.WFS), ("wms", Step.WMS), ("tms", Step.TMS)):
            known = existing.get(CONFIGURATION_TYPES[service])
            if known is None:
                continue
            if metadata or (style and service == "wms"):
                infos = self._definition(service, known, data, existing, metadata)
                urls += self._services.published(step, existing, infos)
            else:
                urls += self._addresses(service, known)
        if metadata:
            self._metadata.kept(data, existing)
        times = tuple((step, attempt.times[step]) for step in Step if step in attempt.times)
        faults = tuple(dict.fromkeys(attempt.faults))
        return PublicationResult(request.datasheet, request.layer_name, True, tuple(urls), data, faults, times)

    def _definition(
        self,
        service: str,
        known: Configuration,
        data: StoredData,
        existing: Dict[str, Configuration],
        metadata: bool,
    ) -> Mapping[str, Any]:
        request = self._attempt.request
        if service == "wfs":
            return wfs_definition(data, request.abstract, request.keywords, request.plans)
        if service == "tms":
            about = (request.shown_title, request.abstract, request.keywords)
            return tms_definition(known.stored_data[0], *about, *levels_of(known.type_infos))
        made = self._services.wms_definition(data, existing)
        texts = {} if metadata else {name: known.type_infos[name] for name in _TEXTS if name in known.type_infos}
        return {**made, **texts}

    def _addresses(self, service: str, known: Configuration) -> List[LiveUrl]:
        offerings = self._attempt.store.offerings
        live = [offerings.get(one.id) for one in offerings.list(configuration=known.id)]
        return [LiveUrl(service, url.type, url.url, open=one.open) for one in live for url in one.urls]
