"""Web Feature Service."""
