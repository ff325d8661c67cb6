"""Datasets, their versions, exports and metrics."""
