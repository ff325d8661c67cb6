"""Searches: one reader of queries for inputs and annotations, run at once or saved under a name."""
