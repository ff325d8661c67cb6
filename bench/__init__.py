"""Benchmarks: one module per question; `python3 dev.py bench` runs them."""
