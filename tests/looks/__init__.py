"""Styles drawn three times, by QGIS itself, by our WMS, and by MapLibre in a browser, and compared."""
