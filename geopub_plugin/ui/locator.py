"""GeoPub in QGIS's locator (Ctrl+K): "gp lakes" finds what is published and adds it to the project."""

from __future__ import annotations

import unicodedata
from typing import Any, Callable, Dict, Tuple

from qgis.core import QgsFeedback, QgsLocatorContext, QgsLocatorFilter, QgsLocatorResult
from qgis.PyQt.QtGui import QIcon

from ..backend.translation import tr
from ..publish.known_datasheets import KnownDatasheets
from ..publish.live_layers import KINDS, LiveService
from .icons import icon
from .publications_model import live_services

PREFIX = "gp"
Add = Callable[[Tuple[LiveService, ...]], None]


class PublicationsLocator(QgsLocatorFilter):
    """Looks through what is known of the current target, which takes so little time that it needs no thread."""

    def __init__(self, known: KnownDatasheets, add: Add) -> None:
        super().__init__()
        self._known, self._add = known, add
        self._icons: Dict[str, QIcon] = {kind: icon(kind.lower()) for kind in KINDS}
        self._services: Tuple[LiveService, ...] = ()
        self.setUseWithoutPrefix(True)

    def clone(self) -> PublicationsLocator:
        """Return a filter for one search."""
        return PublicationsLocator(self._known, self._add)

    def name(self) -> str:
        """Return the name by which QGIS knows the filter."""
        return "geopub"

    def displayName(self) -> str:
        """Return the name that people read."""
        return tr("GeoPub: published services")

    def prefix(self) -> str:
        """Return what to type for these results alone."""
        return PREFIX

    def priority(self) -> QgsLocatorFilter.Priority:
        """Come after what the project holds."""
        return QgsLocatorFilter.Priority.Low

    def flags(self) -> Any:
        """Return that QGIS may search in the GUI thread."""
        return QgsLocatorFilter.Flag.FlagFast

    def prepare(self, _text: str, _context: QgsLocatorContext) -> list:
        """Look up what there is; ask for it when nothing is known yet."""
        target = self._known.stores.targets.current().id
        sheets = self._known.of(target)
        if sheets is None:
            self._known.ask(target)
        self._services = tuple(service for sheet in sheets or () for service in live_services(sheet))
        return []

    def fetchResults(self, text: str, _context: QgsLocatorContext, feedback: QgsFeedback) -> None:
        """Tell every service whose title or name holds the text, however it is accented."""
        wanted = bare(text.strip())
        for service in self._services:
            if feedback.isCanceled():
                return
            if wanted in bare(service.title) or wanted in service.url.lower():
                self.resultFetched.emit(self._result(service))

    def triggerResult(self, result: QgsLocatorResult) -> None:
        """Add what was chosen to the project."""
        told: Any = result.getUserData() if hasattr(result, "getUserData") else result.userData
        kind, title, url = (str(part) for part in told)
        self._add((self._known.live(LiveService(kind, title, url)),))

    def _result(self, service: LiveService) -> QgsLocatorResult:
        result = QgsLocatorResult()
        result.filter = self
        result.displayString = f"{service.title} ({service.kind})"
        result.description = service.url
        result.icon = self._icons[service.kind]
        told = [service.kind, service.title, service.url]
        if hasattr(result, "setUserData"):
            result.setUserData(told)
        else:
            result.userData = told
        return result


def bare(text: str) -> str:
    """Return a text in small letters without accents."""
    return "".join(one for one in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(one))
