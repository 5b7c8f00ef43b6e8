"""What a publishing client does, without widgets: export, checks, API client, publication."""
