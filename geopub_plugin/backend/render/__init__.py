"""The QGIS rendering process and its supervisor."""
