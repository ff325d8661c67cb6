"""Several labelers on one input: what they agree on, and whose shapes stand."""

from .grouping import Group, Row, rows_of, standing
from .overlap import overlap
from .services import Settlement, settle

__all__ = ["Group", "Row", "Settlement", "overlap", "rows_of", "settle", "standing"]
