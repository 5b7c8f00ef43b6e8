"""The publishing engine: ingestion, catalogue, services, tiles. Knows neither Qt nor QGIS (`render` excepted)."""

import warnings

# In a virtual environment on Debian, pyproj does not find the data folder that PROJ itself does, and says so each time.
warnings.filterwarnings("ignore", message="Valid PROJ data directory not found", category=UserWarning)
