"""The web viewer: one page a tile layer, to look at, to send, to put into another page."""
