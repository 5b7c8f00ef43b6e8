"""Telling people and programs that an execution has ended: by e-mail, and by a webhook."""
