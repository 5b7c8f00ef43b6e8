"""The store API as the Géoplateforme speaks it: HTTP requests in, entities as JSON out."""
