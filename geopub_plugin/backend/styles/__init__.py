"""Styles: recognise, check, default."""
