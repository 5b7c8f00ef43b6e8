"""Delivered files: archives, checks, integration into a normalised GeoPackage."""
