"""As in QGIS 4."""

from PyQt6.QtXml import *  # noqa: F403
