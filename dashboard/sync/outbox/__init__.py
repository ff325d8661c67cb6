"""Claiming, finishing and postponing of waiting writes, and the breaker of a connection."""

from . import breaker
from .claims import BATCH, LEASE, Claim, claim, release, renew, waiting_connections
from .endings import ATTEMPTS, backoff, confirm, conflict, defer, fail, mark_sent

__all__ = [
    "ATTEMPTS",
    "BATCH",
    "LEASE",
    "Claim",
    "backoff",
    "breaker",
    "claim",
    "confirm",
    "conflict",
    "defer",
    "fail",
    "mark_sent",
    "release",
    "renew",
    "waiting_connections",
]
