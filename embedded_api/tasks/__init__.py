"""Labeling tasks and their assignments: routes under `tasks`."""
