"""Searches over inputs and annotations, ad hoc and saved."""
