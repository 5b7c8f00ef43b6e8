"""What GeoPub's algorithms share: where they stand in the toolbox, the store they work on, and how they wait.

They run in the main thread (`FlagNoThreading`): a layer's style, its edits not saved yet and what it remembers belong
to that thread. None of them computes there: the work is done by tasks, the network and other processes, and an event
loop waits for them, so that QGIS stays alive.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional, Tuple

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterString,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QEventLoop, QObject
from qgis.PyQt.QtGui import QIcon

from ...backend.errors import Cancelled, GeoPubError
from ...backend.faults import Fault, Severity
from ...backend.locations import shipped
from ...backend.translation import tr
from ..client import Store
from ..compat import NO_THREADING
from ..store_calls import StoreCall
from ..store_source import Stores, StoreSource

INPUT, TARGET = "INPUT", "TARGET"


class GeoPubAlgorithm(QgsProcessingAlgorithm):
    """An algorithm of GeoPub; `stores` gives the places to publish in, when they are needed."""

    picture = "geopub"

    def __init__(self, stores: Callable[[], Stores]) -> None:
        super().__init__()
        self._stores = stores

    def createInstance(self) -> GeoPubAlgorithm:
        """Return another one of these."""
        return type(self)(self._stores)

    def flags(self) -> Any:
        """Return that it runs in the main thread, see the module."""
        return super().flags() | NO_THREADING

    def icon(self) -> QIcon:
        """Return the algorithm's own icon."""
        return QIcon(str(shipped("resources", "icons", f"{self.picture}.svg")))

    # What the algorithms use ----------------------------------------------------------------------------------

    def add_target(self) -> None:
        """Add the parameter that names the place to publish in."""
        parameter = QgsProcessingParameterString(TARGET, tr("Target (title or identifier; none: the current one)"))
        self.add_advanced(parameter, optional=True)

    def add_advanced(self, parameter: QgsProcessingParameterDefinition, optional: bool = False) -> None:
        """Add a parameter that most people need not see."""
        flags = parameter.flags() | QgsProcessingParameterDefinition.Flag.FlagAdvanced
        parameter.setFlags(flags | QgsProcessingParameterDefinition.Flag.FlagOptional if optional else flags)
        self.addParameter(parameter)

    def source(self, parameters: Dict[str, Any], context: QgsProcessingContext) -> StoreSource:
        """Return the store of the target that is named."""
        stores, named = self._stores(), self.parameterAsString(parameters, TARGET, context).strip()
        known = stores.targets.all()
        for target in known:
            if named.casefold() in (target.id.casefold(), target.title.casefold()):
                return stores.source(target.id)
        if named:
            names = ", ".join(target.title for target in known)
            raise QgsProcessingException(
                tr("There is no target “{name}”; there are: {names}.", name=named, names=names)
            )
        return stores.source()

    def layer(self, parameters: Dict[str, Any], context: QgsProcessingContext) -> QgsVectorLayer:
        """Return the layer that is given."""
        layer = self.parameterAsVectorLayer(parameters, INPUT, context)
        if layer is None:
            raise QgsProcessingException(self.invalidSourceError(parameters, INPUT))
        return layer


def asked(source: StoreSource, title: str, work: Callable[[Store], Any], feedback: QgsProcessingFeedback) -> Any:
    """Return what work on a store returns, once it is done."""
    call = StoreCall(source, title, work)
    return waited(call, call.answered, call.refused, feedback, call.ended)


def waited(work: Any, done: Any, failed: Any, feedback: QgsProcessingFeedback, cancelled: Optional[Any] = None) -> Any:
    """Start work that tells its end by signals, and return what `done` told; QGIS goes on meanwhile.

    Raises:
        QgsProcessingException: it failed, or was cancelled.
    """
    loop, ends = QEventLoop(), _Ends()
    ends.loop = loop
    done.connect(ends.done)
    failed.connect(ends.failed)
    if cancelled is not None:
        cancelled.connect(ends.stop)
    if feedback is not None:
        feedback.canceled.connect(work.cancel)
    work.start()
    if not ends.stopped:
        loop.exec()
    if ends.error:
        if feedback is not None:
            told(tuple(ends.error[0].faults), feedback)
        raise QgsProcessingException("\n".join(ends.error[0].sentences))
    if not ends.outcome:
        raise QgsProcessingException(tr("The work was cancelled."))
    return ends.outcome[0]


class _Ends(QObject):
    """Hears the end of work and lets the loop go on."""

    def __init__(self) -> None:
        super().__init__()
        self.loop: Optional[QEventLoop] = None
        self.outcome: List[Any] = []
        self.error: Tuple[GeoPubError, ...] = ()
        self.stopped = False

    def done(self, result: Any) -> None:
        """Hear that it went well."""
        self.outcome.append(result)
        self.stop()

    def failed(self, error: GeoPubError) -> None:
        """Hear why it did not."""
        if not isinstance(error, Cancelled):
            self.error = (error,)
        self.stop()

    def stop(self) -> None:
        """Let the loop end, or not begin."""
        self.stopped = True
        if self.loop is not None:
            self.loop.quit()


def told(faults: Tuple[Fault, ...], feedback: QgsProcessingFeedback) -> None:
    """Write findings into the log of the algorithm."""
    for fault in faults:
        if fault.severity is Severity.INFO:
            feedback.pushInfo(fault.sentence)
        elif fault.severity is Severity.ERROR:
            feedback.reportError(fault.sentence)
        else:
            feedback.pushWarning(fault.sentence)
