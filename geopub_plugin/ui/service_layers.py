"""Live services on a map: in the preview, or as layers of the user's project."""

from __future__ import annotations

from typing import Callable, Set, Tuple

from qgis.core import QgsProject
from qgis.PyQt.QtCore import QObject

from ..backend.errors import GeoPubError, NotFound
from ..backend.translation import tr
from ..publish.known_datasheets import KnownDatasheets
from ..publish.live_layers import LiveService, live_layer
from ..publish.preview_links import HOURS, reachable
from ..publish.store_calls import StoreCall
from ..publish.store_source import Stores
from .messages import Messages
from .preview import Preview

Services = Tuple[LiveService, ...]


class ServiceLayers(QObject):
    """Has services drawn once it is known how: those that ask for a key through links, tiles in their style."""

    def __init__(
        self, stores: Stores, known: KnownDatasheets, preview: Preview, messages: Messages, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._stores, self._known, self._preview, self._messages = stores, known, preview, messages
        self._to_add: Set[str] = set()  # addresses of services that are being described
        self._reaching: Set[StoreCall] = set()
        known.described.connect(self._described)
        known.not_described.connect(self._not_described)

    def preview(self, services: Services, target: str = "") -> None:
        """Preview services of a target, the current one for ""."""
        self._reach(services, target, self._preview.open)

    def join_preview(self, service: LiveService, target: str) -> None:
        """Preview a service of a target with the others of its datasheet."""
        self._reach((service,), target, lambda reached: self._preview.join(reached[0]))

    def add(self, services: Services, target: str = "") -> None:
        """Add services to the user's project, each once it is known how it is drawn."""
        self._reach(services, target, lambda reached: self._add(services, reached))

    def close(self) -> None:
        """Ask for nothing any more."""
        self._to_add.clear()
        for call in list(self._reaching):
            call.cancel()

    def _reach(self, services: Services, target: str, then: Callable[[Services], None]) -> None:
        """Hand over services as QGIS can draw them: at once those that are open, by links those that ask for a key."""
        if all(service.open for service in services):
            then(services)
            return
        try:
            source = self._stores.source(target)
        except NotFound as error:
            self._messages.failed(tr("Preview"), error)
            return
        call = StoreCall(source, tr("Preview"), lambda store: reachable(store, services), self)
        call.answered.connect(then)
        call.refused.connect(lambda error: self._messages.failed(tr("Preview"), error))
        call.ended.connect(lambda: self._reached(call))
        self._reaching.add(call)
        call.start()

    def _reached(self, call: StoreCall) -> None:
        self._reaching.discard(call)
        call.deleteLater()

    def _add(self, services: Services, reached: Services) -> None:
        if any(before.url != after.url for before, after in zip(services, reached)):
            text = tr(
                "“{title}” is restricted: its layers can be drawn for {hours} hours.",
                title=reached[0].title,
                hours=HOURS,
            )
            self._messages.said(text)
        for service in reached:
            known = self._known.live(service)
            if not known.known:
                self._to_add.add(known.url)
                self._known.describe(known)
                continue
            layer = live_layer(known)
            layer.setName(f"{known.title} ({known.kind})")
            QgsProject.instance().addMapLayer(layer)

    def _described(self, service: LiveService) -> None:
        if service.url in self._to_add:
            self._to_add.discard(service.url)
            self.add((service,))

    def _not_described(self, service: LiveService, error: GeoPubError) -> None:
        wanted = service.url in self._to_add
        self._to_add.discard(service.url)
        self._messages.failed(tr("Add to the project") if wanted else tr("Preview"), error)
