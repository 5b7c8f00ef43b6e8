"""Qt as QGIS 4 hands it out."""
