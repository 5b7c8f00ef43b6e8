"""What GeoPub's algorithms share: where they stand in the toolbox, the store they work on, and how they wait.

They run in the main thread (`FlagNoThreading`): a layer's style, its edits not saved yet and what it remembers belong
to that thread. None of them computes there: the work is done by tasks, the network and other processes, and an event
loop waits for them, so that QGIS stays alive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Dict, Iterable, List, Optional, Tuple

from qgis.core import (
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingOutputDefinition,
    QgsProcessingParameterCrs,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
    QgsProcessingParameterVectorLayer,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QEventLoop, QObject
from qgis.PyQt.QtGui import QIcon

from ...backend.errors import Cancelled, GeoPubError, NotFound
from ...backend.faults import Fault, Severity
from ...backend.locations import shipped
from ...backend.translation import tr
from ..client import Store
from ..compat import NO_THREADING
from ..layer_memory import LayerMemory
from ..publication_plan import LEVELS
from ..store_calls import StoreCall
from ..store_source import Stores, StoreSource

INPUT, TARGET, CRS, TOP, BOTTOM = "INPUT", "TARGET", "CRS", "TOP_LEVEL", "BOTTOM_LEVEL"


@dataclass(frozen=True)
class About:
    """What the toolbox says of an algorithm."""

    name: str  # the last part of its id
    picture: str
    title: str
    help: str


class GeoPubAlgorithm(QgsProcessingAlgorithm):
    """An algorithm of GeoPub: it states `about`, `parameters` and `outputs`, and works in `processAlgorithm`.

    `stores` gives the places to publish in, when they are needed.
    """

    def __init__(self, stores: Callable[[], Stores]) -> None:
        super().__init__()
        self._stores = stores

    def about(self) -> About:
        """Return what the toolbox says of it, in the user's language."""
        raise NotImplementedError

    def parameters(self) -> Iterable[QgsProcessingParameterDefinition]:
        """Return what it is given."""
        raise NotImplementedError

    def outputs(self) -> Iterable[QgsProcessingOutputDefinition]:
        """Return what comes out besides what its parameters name."""
        raise NotImplementedError

    # What QGIS asks for ---------------------------------------------------------------------------------------

    def createInstance(self) -> GeoPubAlgorithm:
        """Return another one of these."""
        return type(self)(self._stores)

    def name(self) -> str:
        """Return the algorithm's id."""
        return self.about().name

    def displayName(self) -> str:
        """Return the algorithm's title."""
        return self.about().title

    def shortHelpString(self) -> str:
        """Return what the algorithm does."""
        return self.about().help

    def icon(self) -> QIcon:
        """Return the algorithm's own icon."""
        return QIcon(str(shipped("resources", "icons", f"{self.about().picture}.svg")))

    def flags(self) -> Any:
        """Return that it runs in the main thread, see the module."""
        return super().flags() | NO_THREADING

    def initAlgorithm(self, configuration: Optional[Dict[str, Any]] = None) -> None:
        """Declare parameters and outputs."""
        for parameter in self.parameters():
            self.addParameter(parameter)
        for output in self.outputs():
            self.addOutput(output)

    # What the algorithms use ----------------------------------------------------------------------------------

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

    def source_of(self, kept: LayerMemory) -> StoreSource:
        """Return the store in which a layer remembers to be published."""
        try:
            return self._stores().source(kept.target)
        except NotFound as error:
            raise QgsProcessingException("\n".join(error.sentences)) from error

    def layer(self, parameters: Dict[str, Any], context: QgsProcessingContext) -> QgsVectorLayer:
        """Return the layer that is given."""
        layer = self.parameterAsVectorLayer(parameters, INPUT, context)
        if layer is None:
            raise QgsProcessingException(self.invalidSourceError(parameters, INPUT))
        return layer

    def level(self, parameters: Dict[str, Any], key: str, context: QgsProcessingContext) -> Optional[int]:
        """Return the level that is given, None where none is."""
        return self.parameterAsInt(parameters, key, context) if parameters.get(key) is not None else None


def layer_parameter(title: str = "", optional: bool = False) -> QgsProcessingParameterDefinition:
    """Return the parameter that takes the layer."""
    kinds = [QgsProcessing.SourceType.TypeVectorAnyGeometry]
    return QgsProcessingParameterVectorLayer(INPUT, title or tr("Layer"), kinds, optional=optional)


def crs_parameter() -> QgsProcessingParameterDefinition:
    """Return the parameter that says where a layer lies that does not know it."""
    title = tr("Coordinate system, where the layer states none")
    return advanced(QgsProcessingParameterCrs(CRS, title, optional=True))


def level_parameters() -> Tuple[QgsProcessingParameterDefinition, QgsProcessingParameterDefinition]:
    """Return the parameters of the first and the last level of tiles; without them they are proposed."""
    kind, (low, high) = QgsProcessingParameterNumber.Type.Integer, LEVELS
    return (
        QgsProcessingParameterNumber(TOP, tr("Top level of the tiles"), kind, None, True, low, high),
        QgsProcessingParameterNumber(BOTTOM, tr("Bottom level of the tiles"), kind, None, True, low, high),
    )


def target_parameter() -> QgsProcessingParameterDefinition:
    """Return the parameter that names the place to publish in."""
    title = tr("Target (title or identifier; none: the current one)")
    return advanced(QgsProcessingParameterString(TARGET, title, optional=True))


def advanced(parameter: QgsProcessingParameterDefinition) -> QgsProcessingParameterDefinition:
    """Return a parameter as one that most people need not see."""
    parameter.setFlags(parameter.flags() | QgsProcessingParameterDefinition.Flag.FlagAdvanced)
    return parameter


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
