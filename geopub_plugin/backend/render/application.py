"""QGIS started without windows, and without the means to reach out."""

from __future__ import annotations

from qgis.core import QgsApplication, QgsNetworkAccessManager, QgsProject
from qgis.PyQt.QtCore import QUrl
from qgis.PyQt.QtNetwork import QNetworkRequest


def start_qgis(profile: str) -> QgsApplication:
    """Return QGIS's application, with a profile folder of its own ("" for the user's)."""
    application = QgsApplication([], True, profile)
    QgsApplication.initQgis()
    QgsProject.instance()  # made in the main thread
    if hasattr(QgsNetworkAccessManager, "setRequestPreprocessor"):
        QgsNetworkAccessManager.setRequestPreprocessor(_refuse)
    return application


def _refuse(request: QNetworkRequest) -> None:
    """Keep a style from fetching: its graphics come with it or not at all."""
    request.setUrl(QUrl())
