"""Web Map Service."""
