"""Tile Map Service for vector tiles."""
