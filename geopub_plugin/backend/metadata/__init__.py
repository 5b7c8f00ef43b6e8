"""Metadata records: ISO 19139 and ISO 19115-3 documents, read but never changed."""
