"""Who may ask: tokens, and the names under which this backend answers."""
