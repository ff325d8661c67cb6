"""Celery shells: each only calls what does the work. All may run twice, at once, or not at all."""

from __future__ import annotations

from celery import shared_task

from . import duties
from .pull import pull
from .push import push as push_connection

#: A pull may take long; a second delivery of its message finds it running and ends.
PULL_SECONDS = 3600


@shared_task(expires=60)
def push(connection_id: int) -> None:
    push_connection(connection_id)


@shared_task(acks_late=False, time_limit=PULL_SECONDS + 30, soft_time_limit=PULL_SECONDS)
def run_pull(run_id: int) -> None:
    pull(run_id)


@shared_task
def dispatch() -> None:
    for run_id in duties.due_runs():
        run_pull.apply_async((run_id,), expires=60)


@shared_task
def sweep() -> None:
    for connection_id in duties.waiting_connections():
        push.apply_async((connection_id,), expires=30)


@shared_task
def heartbeat() -> None:
    duties.beat()
