"""Web Map Tile Service 1.0.0: the pictures of the map service, cut into tiles."""
