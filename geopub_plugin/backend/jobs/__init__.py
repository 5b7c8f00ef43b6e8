"""Executions: queue, worker processes, progress."""
