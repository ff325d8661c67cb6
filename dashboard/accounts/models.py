"""People, connections (accounts on platforms), memberships and what a person is called on a platform."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models

from .encryption import EncryptedField


class User(AbstractUser):
    """A person who signs in. ``display_name`` is what others see."""

    display_name = models.CharField(max_length=80, blank=True)

    def __str__(self) -> str:
        return self.display_name or self.username


class Connection(models.Model):
    """An account on an annotation platform: where it is, which app, and the token that acts by default."""

    class Kind(models.TextChoices):
        EMBEDDED = "embedded", "Embedded platform"
        CLARIFAI = "clarifai", "Clarifai"

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=20, choices=Kind)
    base_url = models.URLField(max_length=300)
    platform_user_id = models.CharField(max_length=200, help_text="Owner of the app on the platform")
    platform_app_id = models.CharField(max_length=200)
    token = EncryptedField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # Pausing keeps every waiting write; a 401 pauses by itself and says so here.
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_reason = models.CharField(max_length=300, blank=True)
    # Circuit breaker, in the database so that all workers agree and people can see it.
    failures = models.PositiveIntegerField(default=0)
    open_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """Which roles a person has on a connection; a person may have several."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="memberships")
    is_labeler = models.BooleanField(default=False)
    is_reviewer = models.BooleanField(default=False)
    is_admin = models.BooleanField(default=False)
    joined_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "connection"], name="one_membership")]

    def __str__(self) -> str:
        return f"{self.user_id} on {self.connection_id}: {', '.join(self.roles) or 'no role'}"

    @property
    def roles(self) -> tuple[str, ...]:
        named = (("labeler", self.is_labeler), ("reviewer", self.is_reviewer), ("admin", self.is_admin))
        return tuple(name for name, held in named if held)


class PlatformIdentity(models.Model):
    """Who a person is on the platform, and their own token there if they stored one."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="identities")
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="identities")
    platform_user_id = models.CharField(max_length=200)
    token = EncryptedField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "connection"], name="one_identity"),
            # Two people mapped to one platform user would let one review the other's work as a stranger's.
            models.UniqueConstraint(fields=["connection", "platform_user_id"], name="one_person_per_user"),
        ]

    def __str__(self) -> str:
        return self.platform_user_id


class Invitation(models.Model):
    """A single-use link that gives roles on a connection. Only the digest of its token is kept."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="invitations")
    digest = models.CharField(max_length=64, unique=True)
    note = models.CharField(max_length=120, blank=True)
    is_labeler = models.BooleanField(default=False)
    is_reviewer = models.BooleanField(default=False)
    is_admin = models.BooleanField(default=False)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    used_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"invitation {self.pk} to {self.connection_id}"
