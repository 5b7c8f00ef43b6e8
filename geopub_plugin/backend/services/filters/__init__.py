"""Filters of the feature services: FES in, a condition of SQLite out."""
