"""A publication: from a file to live services, over any store; what is there already is updated in place."""

from __future__ import annotations

from contextlib import suppress
from threading import Event
from typing import Callable, Dict, List, Mapping, Optional, Tuple

from ..backend.errors import Cancelled, Conflict, GeoPubError, NotFound, Unavailable
from ..backend.translation import tr
from .attempt import Attempt
from .client import Store
from .client.configurations import Configuration
from .client.executions import Execution
from .client.stored_data import StoredData
from .client.uploads import Upload
from .metadata_stage import MetadataStage
from .proposal import DEEPEST, levels, rough_detail
from .publication_delivery import DeliveryStage
from .publication_jobs import JobStage
from .publication_services import ServiceStage
from .publication_values import LiveUrl, PublicationRequest, PublicationResult, Refused
from .service_definitions import CONFIGURATION_TYPES, plan_of, tms_definition, wfs_definition
from .steps import Listener, Quiet, Step

__all__ = [
    "Listener",
    "LiveUrl",
    "Publication",
    "PublicationRequest",
    "PublicationResult",
    "Quiet",
    "Refused",
    "Step",
]


class Publication:
    """One publication, run once; its store's connection carries the event that cancels it."""

    def __init__(
        self,
        store: Store,
        request: PublicationRequest,
        listener: Optional[Listener] = None,
        live: Callable[[LiveUrl], None] = lambda _url: None,
        leaving: Optional[Event] = None,
    ) -> None:
        """Publish what is requested in a store; `live` is told each address as soon as it answers.

        Once `leaving` is set, cancelling only breaks off: what the store holds is left for `resume`.
        """
        self._leaving = leaving or Event()
        self.data: Optional[StoredData] = None  # once it is integrated
        self._attempt = Attempt(store, request, listener or Quiet(), live)
        self._delivery = DeliveryStage(self._attempt)
        self._jobs = JobStage(self._attempt)
        self._services = ServiceStage(self._attempt)
        self._metadata = MetadataStage(self._attempt)

    def run(self) -> PublicationResult:
        """Publish from the beginning.

        Raises:
            Refused: the checks found faults that forbid it; nothing is left of the attempt.
            Cancelled: the person ended it; nothing new is left of the attempt.
            Unavailable: the line broke; `resume` goes on from what the store holds.
            GeoPubError: the store refused a step; nothing new is left of the attempt.
        """
        return self._cleaning(resume=False)

    def resume(self) -> PublicationResult:
        """Go on with an interrupted publication of the same file; publish from the beginning where there is none."""
        return self._cleaning(resume=True)

    def _cleaning(self, resume: bool) -> PublicationResult:
        try:
            return self._flow(resume)
        except Unavailable:
            raise  # what the store holds is what `resume` goes on from
        except GeoPubError as error:
            if not (isinstance(error, Cancelled) and self._leaving.is_set()):
                self._attempt.take_back()
            raise

    def _flow(self, resume: bool) -> PublicationResult:
        attempt = self._attempt
        existing = existing_configurations(attempt.store, attempt.request)
        if "wms" in attempt.request.services:
            self._services.map_styles()  # one that cannot be drawn with is refused before anything is sent
        updated = bool(existing)
        attempt.anew = not (resume or existing)
        upload = self._delivery.delivered(resume)
        self._jobs.look_ahead()
        self._services.look_ahead()
        checked = self._delivery.check(upload)
        replaced = vector_data(existing, attempt.store)
        data = self.data = self._jobs.integrated(checked, replaced, lambda: self._delivery.keep_faults(checked))
        top, bottom = self._levels(data)
        making: Optional[Execution] = None
        if "tms" in attempt.request.services:
            making = self._jobs.pyramid_begun(checked, data, existing, top, bottom)
        urls = self._offered(checked, data, existing, making, (top, bottom))
        self._metadata.kept(data, existing)
        attempt.store.uploads.delete(upload.id)  # its data is integrated: keeping it would take the room twice
        times = tuple((step, attempt.times[step]) for step in Step if step in attempt.times)
        faults = tuple(dict.fromkeys((*attempt.faults, *data.faults)))
        request = attempt.request
        return PublicationResult(request.datasheet, request.layer_name, updated, urls, data, faults, times)

    def _offered(
        self,
        upload: Upload,
        data: StoredData,
        existing: Dict[str, Configuration],
        making: Optional[Execution],
        levels_of_tiles: Tuple[int, int],
    ) -> Tuple[LiveUrl, ...]:
        """Offer the services: tiles at once, where the server builds them while the pyramid is made, and at the end."""
        request, services = self._attempt.request, self._services
        urls: List[LiveUrl] = []
        if making is not None:
            about = (request.shown_title, request.abstract, request.keywords)
            tiles = tms_definition(making.stored_data, *about, *levels_of_tiles)
            offered = services.offered_at_once(existing, tiles, data)
            self._jobs.pyramid_known(making, upload, data)
        if "wfs" in request.services:
            urls += services.published(
                Step.WFS, existing, wfs_definition(data, request.abstract, request.keywords, request.plans)
            )
        if "wms" in request.services:
            urls += services.published(Step.WMS, existing, services.wms_definition(data, existing))
        if making is not None:
            self._jobs.pyramid_ended(making)
            urls += services.published(Step.TMS, existing, tiles, offered)
        return tuple(urls)

    def _levels(self, data: StoredData) -> Tuple[int, int]:
        """Return top and bottom level: those asked for, else what extent and number of features suggest."""
        count = sum(max(relation.count, 0) for relation in data.relations)
        proposed = levels([rough_detail(data.bounds, count)]) if data.bounds else (0, DEEPEST)
        asked = (self._attempt.request.top_level, self._attempt.request.bottom_level)
        top, bottom = (guess if level is None else level for guess, level in zip(proposed, asked))
        drawn = [plan_of(relation, self._attempt.request.plans) for relation in data.relations if relation.has_geometry]
        tops = [top if plan.top_level is None else plan.top_level for plan in drawn]
        bottoms = [bottom if plan.bottom_level is None else plan.bottom_level for plan in drawn]
        top, bottom = min(tops, default=top), max(bottoms, default=bottom)
        return min(top, bottom), bottom


def existing_configurations(store: Store, request: PublicationRequest) -> Dict[str, Configuration]:
    """Return the configurations that a publication replaces, by type; refuse to take another one's name."""
    found = store.configurations.list(layer_name=request.layer_name)
    for configuration in found:
        owner = configuration.tags.get("datasheet_name", request.datasheet)
        if owner != request.datasheet:
            raise Conflict(
                tr("The name “{name}” is already used by the datasheet “{owner}”.",
                   name=request.layer_name, owner=owner),
                tr("A layer name belongs to one datasheet."),
                tr("Choose another layer name, or the datasheet “{owner}” to update it.", owner=owner),
            )  # fmt: skip
    return {it.type: store.configurations.get(it.id) for it in found}


def vector_data(existing: Mapping[str, Configuration], store: Store) -> str:
    """Return the stored data that the services show, "" when there is none: directly, or behind the pyramid."""
    for service in ("wfs", "wms"):
        known = existing.get(CONFIGURATION_TYPES[service])
        if known and known.stored_data:
            return known.stored_data[0]
    tiles = existing.get(CONFIGURATION_TYPES["tms"])
    if tiles and tiles.stored_data:
        shown = store.stored_data.get(tiles.stored_data[0]).tags.get("vectordb_id", "")
        with suppress(NotFound):  # gone with an attempt that was given up
            return store.stored_data.get(shown).id if shown else ""
    return ""
