"""What GeoPub does as algorithms of QGIS's Processing: in its toolbox, in models, and headless by `qgis_process`."""
