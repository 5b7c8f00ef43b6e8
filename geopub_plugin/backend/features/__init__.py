"""The columnar core: features as batches of arrays, read from GeoPackages and reprojected."""
