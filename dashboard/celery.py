"""Background work: the Celery application, its settings and its schedule.

Redis carries only wake-up calls. Everything that must not be lost lives in the database (the outbox), so each
setting here shortens a delay or bounds a wait; none of them is what keeps a decision safe.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

from celery import Celery
from celery.signals import beat_init, task_postrun, worker_ready, worker_shutting_down
from kombu.transport.redis import Channel, QoS
from redis.exceptions import RedisError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")

log = logging.getLogger(__name__)

VISIBILITY_SECONDS = 120  # no task may run or wait longer; delayed work waits in the database instead
HEARTBEAT = "dashboard.sync.tasks.heartbeat"
WORKER_FILE = "PROOFDESK_WORKER_FILE"  # touched after each heartbeat, for a supervisor or a container's probe


def _settings() -> dict[str, Any]:
    from django.conf import settings

    return {
        "broker_url": settings.CELERY_BROKER_URL,
        "timezone": "UTC",
        "enable_utc": True,
        # Every task is idempotent: acknowledge after the work, give it back when the worker died.
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "worker_prefetch_multiplier": 1,  # few messages are stuck with a dead worker
        # A thread cannot be cancelled: asking for it, here or by Celery's cold stop, raises in the consumer. A
        # task that goes on after its message was given back is harmless, since a second run changes nothing.
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "task_time_limit": 90,
        "task_soft_time_limit": 60,
        # No results, no pickle.
        "task_ignore_result": True,
        "task_store_errors_even_if_ignored": False,
        "task_serializer": "json",
        "result_serializer": "json",
        "accept_content": ["json"],
        # A page must never wait for the broker: one quick retry, then the sweep finds the work by itself.
        "task_publish_retry": True,
        "task_publish_retry_policy": {
            "max_retries": 1,
            "interval_start": 0,
            "interval_step": 0.1,
            "interval_max": 0.2,
        },
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_connection_timeout": 2,
        "broker_transport_options": _transport_options(settings.CELERY_BROKER_URL),
        # These act on a pool of processes only, should somebody run one.
        "worker_soft_shutdown_timeout": 10.0,
        "worker_max_tasks_per_child": 1000,
        "worker_max_memory_per_child": 300_000,
        "worker_hijack_root_logger": False,
        "worker_send_task_events": False,
        # The schedule is fixed; what is due is read from our own tables by the dispatcher. A message that
        # waited longer than its period is dropped, so an outage leaves no pile of old wake-up calls.
        "beat_scheduler": "celery.beat:Scheduler",
        "beat_schedule": {
            "dispatch": every("dashboard.sync.tasks.dispatch", seconds=5),
            "sweep": every("dashboard.sync.tasks.sweep", seconds=2),
            "heartbeat": every(HEARTBEAT, seconds=10),
        },
    }


def every(task: str, *, seconds: int) -> dict[str, Any]:
    """A row of the schedule: run `task` each `seconds`, and drop a message that is older than that."""
    return {"task": task, "schedule": float(seconds), "options": {"expires": seconds - 0.5}}


def _transport_options(broker_url: str) -> dict[str, Any]:
    if not broker_url.startswith(("redis", "rediss", "sentinel")):
        return {}  # the in-memory broker of the tests knows none of these
    return {
        "visibility_timeout": VISIBILITY_SECONDS,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        "socket_keepalive": True,
        "health_check_interval": 25,
        "global_keyprefix": "proofdesk:",
    }


app = Celery("proofdesk")
app.add_defaults(_settings)  # read on first use, so that importing this module asks nothing of Django
app.autodiscover_tasks(["dashboard.sync", "dashboard.review"])


class _PatientQoS(QoS):
    """Celery 5.7 with kombu 5.7: when the store goes away while a task runs, closing the lost connection tries to
    give the message back over it, fails with an error that the consumer does not expect, and ends the worker. The
    message is safe without that: the store gives it out again after the visibility timeout.
    """

    def restore_unacked_once(self, stderr: Any = None) -> None:
        try:
            super().restore_unacked_once(stderr)
        except (AttributeError, OSError, RedisError):
            log.warning("The store is gone; unfinished messages come back after %d s.", VISIBILITY_SECONDS)


Channel.QoS = _PatientQoS

_beat: Any = None


@worker_ready.connect
def start_beat(**_: Any) -> None:
    """Run the scheduler as a thread of this worker when PROOFDESK_BEAT=1, as a single-machine desk does.

    With several workers, leave it unset and run one `celery -A dashboard.celery beat` beside them.
    """
    global _beat
    if os.environ.get("PROOFDESK_BEAT") == "1" and _beat is None:
        from celery.beat import EmbeddedService

        _beat = EmbeddedService(app, thread=True, scheduler_cls=app.conf.beat_scheduler)
        _beat.start()


@worker_shutting_down.connect
def stop_beat(**_: Any) -> None:
    """Send nothing more once this worker takes nothing more."""
    if _beat is not None:
        _beat.service._is_shutdown.set()  # its own stop() would wait for the thread inside a signal handler


@beat_init.connect
def first_heartbeat(**_: Any) -> None:
    """Send one heartbeat at once: a fresh schedule would wait a whole period before its first."""
    app.send_task(HEARTBEAT)


@task_postrun.connect
def mark_alive(task: Any = None, state: str | None = None, **_: Any) -> None:
    """After each good heartbeat, touch the file that says so, when one is asked for."""
    path = os.environ.get(WORKER_FILE)
    if path and state == "SUCCESS" and task is not None and task.name == HEARTBEAT:
        Path(path).touch()
