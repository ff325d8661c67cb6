"""Inputs that come in bulk: data sources, uploads, and the jobs that unpack them."""
