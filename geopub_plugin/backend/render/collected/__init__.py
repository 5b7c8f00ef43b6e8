"""Maps whose features QGIS's symbol draws as one: all of a layer that is seen, read as arrays and collected."""
