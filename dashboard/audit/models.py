"""The audit trail's rows. Written by ``services.record`` alone; never changed or deleted by code."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class AuditEntry(models.Model):
    """One thing that a person did, chained to the one before by digest."""

    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    actor_name = models.CharField(max_length=160, blank=True)
    connection = models.ForeignKey(
        "accounts.Connection", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    action = models.CharField(max_length=60)
    target = models.CharField(max_length=200, blank=True)
    data = models.JSONField(default=dict)
    previous = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["connection", "target", "id"])]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor_name} {self.action} {self.target}"


class ChainHead(models.Model):
    """One row: the last digest. Locked while appending, so that the chain has no forks."""

    digest = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return self.digest
