"""Entities of the store, their life cycles and their storage."""
