"""The publishing engine: ingestion, catalogue, services, tiles. Knows neither Qt nor QGIS (`render` excepted)."""
