"""Public door of the corridor for whatever changes something; see the modules for the functions."""
