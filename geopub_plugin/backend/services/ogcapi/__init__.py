"""OGC API - Features over the engine of the WFS."""
