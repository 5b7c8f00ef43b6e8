"""Entities, their life cycles, and what of them is published: rows in SQLite, files in a data folder."""
