"""The OGC services over what is published."""
