"""Stands in for QGIS where there is none with Qt 6: whatever is asked of it gives nothing, its widgets are Qt's.

So windows are made by Qt 6 itself, of what they hold without layers; what QGIS does is asked of QGIS, elsewhere.
Importing this module puts it in the place of QGIS.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import gettempdir
from types import ModuleType
from typing import Any, Iterator

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtGui import QIcon
from PyQt6.QtWidgets import QDockWidget, QGraphicsView, QHBoxLayout, QLineEdit, QWidget
from PyQt6.QtXml import QDomDocument

QML = """<qgis version="4.2.0"><customproperties>
<Option type="Map"><Option name="geopub/memory" value="private"/></Option></customproperties></qgis>"""
SLD = """<StyledLayerDescriptor xmlns="http://www.opengis.net/sld" xmlns:se="http://www.opengis.net/se" version="1.1.0">
<NamedLayer><se:Name>Lakes of mine</se:Name><UserStyle><se:Name>any</se:Name><se:FeatureTypeStyle><se:Rule>
<se:PolygonSymbolizer><se:Fill><se:SvgParameter name="fill">#3a7bd5</se:SvgParameter></se:Fill></se:PolygonSymbolizer>
</se:Rule></se:FeatureTypeStyle></UserStyle></NamedLayer></StyledLayerDescriptor>"""


class Nothing:
    """Has any attribute, can be called, is false, empty, zero and no text."""

    def __init__(self, *_given: Any, **_named: Any) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Nothing()

    def __call__(self, *_given: Any, **_named: Any) -> Nothing:
        return Nothing()

    def __bool__(self) -> bool:
        return False

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __int__(self) -> int:
        return 0

    __index__ = __int__

    def __float__(self) -> float:
        return 0.0

    def __str__(self) -> str:
        return ""

    def _with(self, _other: Any) -> Any:
        return self

    __or__ = __ror__ = __and__ = __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _with
    __truediv__ = __rtruediv__ = _with

    def _less(self, _other: Any) -> bool:
        return False

    __lt__ = __gt__ = __le__ = __ge__ = _less


class Known(type):
    """The kind of classes that know every name."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Nothing()


def class_called(name: str) -> type:
    """Return a class of QGIS's that is neither a widget nor a value which windows show."""
    return Known(name, (Nothing,), {})


class FileWidget(QWidget):
    """As QgsFileWidget: a line with a path."""

    fileChanged = pyqtSignal(str)  # noqa: N815
    StorageMode = Nothing()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._line = QLineEdit(self)
        self._line.textChanged.connect(self.fileChanged)
        QHBoxLayout(self).addWidget(self._line)

    def lineEdit(self) -> QLineEdit:
        return self._line

    def filePath(self) -> str:
        return self._line.text()

    def setFilePath(self, path: str) -> None:
        self._line.setText(path)

    def __getattr__(self, name: str) -> Any:
        return Nothing()


class Projection(QWidget):
    """As QgsProjectionSelectionWidget."""

    crsChanged = pyqtSignal(object)  # noqa: N815

    def __getattr__(self, name: str) -> Any:
        return Nothing()


class Authentication(QWidget):
    """As QgsAuthConfigSelect."""

    selectedConfigIdChanged = pyqtSignal(str)  # noqa: N815

    def configId(self) -> str:
        return ""

    def __getattr__(self, name: str) -> Any:
        return Nothing()


class Canvas(QGraphicsView):
    """As QgsMapCanvas."""

    extentsChanged = pyqtSignal()  # noqa: N815
    mapCanvasRefreshed = pyqtSignal()  # noqa: N815
    renderStarting = pyqtSignal()  # noqa: N815

    def __getattr__(self, name: str) -> Any:
        return Nothing()


class Page(QWidget):
    """As QgsOptionsPageWidget and QgsMapLayerConfigWidget."""

    def __init__(self, *given: Any) -> None:
        super().__init__(next((one for one in given if isinstance(one, QWidget)), None))

    def setPanelTitle(self, _title: str) -> None:
        pass


class Task(QObject):
    """As QgsTask."""

    Flag = Nothing()

    def __init__(self, *_given: Any) -> None:
        super().__init__()


class Application(Nothing, metaclass=Known):
    """As QgsApplication."""

    @staticmethod
    def getThemeIcon(_name: str) -> QIcon:
        return QIcon()

    @staticmethod
    def qgisSettingsDirPath() -> str:
        return gettempdir()


class Version(Nothing, metaclass=Known):
    """As Qgis."""

    QGIS_VERSION_INT, QGIS_VERSION = 40200, "4.2.0"

    @staticmethod
    def version() -> str:
        return "4.2.0"


class Words(Nothing):
    """As a layer's metadata and server properties, which say nothing."""

    def _text(self) -> str:
        return ""

    abstract = attribution = attributionUrl = identifier = keywordList = language = title = _text  # noqa: N815


class System(Nothing, metaclass=Known):
    """As QgsCoordinateReferenceSystem."""

    def authid(self) -> str:
        return "EPSG:4326"

    def description(self) -> str:
        return "WGS 84"

    def isValid(self) -> bool:
        return True


class Layer(Nothing, metaclass=Known):
    """As QgsVectorLayer: one with a name, without features."""

    def __init__(self, *_given: Any) -> None:
        self._kept: dict[str, Any] = {}

    def id(self) -> str:
        return "lakes"

    def name(self) -> str:
        return "Lakes"

    def crs(self) -> System:
        return System()

    def metadata(self) -> Words:
        return Words()

    def serverProperties(self) -> Words:
        return Words()

    def exportNamedStyle(self, document: QDomDocument, *_given: Any) -> None:
        document.appendChild(document.createElement("qgis"))

    def saveNamedStyle(self, path: str) -> tuple[str, bool]:
        Path(path).write_text(QML, "utf-8")
        return "", True

    def exportSldStyleV3(self, _context: Any) -> QDomDocument:
        document = QDomDocument()
        document.setContent(SLD)
        return document

    def featureCount(self) -> int:
        return 0

    def customProperty(self, key: str, otherwise: Any = None) -> Any:
        return self._kept.get(key, otherwise)

    def setCustomProperty(self, key: str, value: Any) -> None:
        self._kept[key] = value


CLASSES = {
    "QgsVectorLayer": Layer, "QgsCoordinateReferenceSystem": System,
    "Qgis": Version,
    "QgsFileWidget": FileWidget, "QgsProjectionSelectionWidget": Projection, "QgsAuthConfigSelect": Authentication,
    "QgsMapCanvas": Canvas, "QgsOptionsPageWidget": Page, "QgsMapLayerConfigWidget": Page, "QgsDockWidget": QDockWidget,
    "QgsTask": Task, "QgsApplication": Application,
}  # fmt: skip


class Module(ModuleType):
    """A module of QGIS's that has every class."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        given = CLASSES.get(name) or class_called(name)
        setattr(self, name, given)
        return given


for _name in ("qgis.core", "qgis.gui", "qgis.utils", "qgis.analysis", "processing"):
    sys.modules[_name] = Module(_name)
