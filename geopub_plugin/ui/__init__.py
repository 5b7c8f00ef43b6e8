"""The widgets: dock, dialogs, preview."""
