"""As in QGIS 4."""

from PyQt6.QtNetwork import *  # noqa: F403
