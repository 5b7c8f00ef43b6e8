"""QGIS started without windows, and without the means to reach out."""

from __future__ import annotations

from qgis.core import QgsApplication, QgsNetworkAccessManager, QgsProject
from qgis.PyQt.QtCore import QSettings, QUrl
from qgis.PyQt.QtNetwork import QNetworkRequest


def start_qgis(profile: str) -> QgsApplication:
    """Return QGIS's application, with a profile folder of its own ("" for the user's)."""
    if profile:  # nothing of the user's own settings, at which each drawing would look several times
        QSettings.setPath(QSettings.Format.NativeFormat, QSettings.Scope.UserScope, profile)
    application = QgsApplication([], True, profile)
    QgsApplication.initQgis()
    QgsProject.instance()  # made in the main thread
    if hasattr(QgsNetworkAccessManager, "setRequestPreprocessor"):
        QgsNetworkAccessManager.setRequestPreprocessor(_refuse)
    return application


def _refuse(request: QNetworkRequest) -> None:
    """Keep a style from fetching: its graphics come with it or not at all."""
    request.setUrl(QUrl())
