"""Who may call, and the apps that hold everything else. Times are text, see `embedded_api.clock`."""

from django.db import models

from embedded_api import clock


class User(models.Model):
    """A person or a program; `id` is the public id."""

    id = models.CharField(max_length=128, primary_key=True)
    first_name = models.CharField(max_length=255, blank=True)
    last_name = models.CharField(max_length=255, blank=True)
    created_at = models.CharField(max_length=27, default=clock.now)

    def __str__(self) -> str:
        return self.id


class App(models.Model):
    """A room for inputs, concepts, annotations and tasks; `public_id` is unique per owner."""

    owner = models.ForeignKey(User, models.CASCADE, related_name="apps")
    public_id = models.CharField(max_length=128)
    name = models.CharField(max_length=255, blank=True)
    description = models.TextField(blank=True)
    metadata = models.TextField(default="{}")  # JSON text
    created_at = models.CharField(max_length=27, default=clock.now)
    modified_at = models.CharField(max_length=27, default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "public_id"], name="app_public_id")]

    def __str__(self) -> str:
        return f"{self.owner_id}/{self.public_id}"


class Key(models.Model):
    """A token, kept as SHA-256 only. `public_id` names it in lists and is no secret."""

    PERSONAL = "personal_access_token"
    APP = "app_specific_key"

    user = models.ForeignKey(User, models.CASCADE, related_name="keys")
    app = models.ForeignKey(App, models.CASCADE, null=True, related_name="keys")  # set for app-specific keys
    public_id = models.CharField(max_length=32, unique=True)
    token_hash = models.CharField(max_length=64, unique=True)
    type = models.CharField(max_length=32, default=PERSONAL)
    description = models.CharField(max_length=255, blank=True)
    scopes = models.JSONField(default=list)
    created_at = models.CharField(max_length=27, default=clock.now)

    def __str__(self) -> str:
        return self.public_id


class Collaborator(models.Model):
    """A user who may work in somebody else's app."""

    app = models.ForeignKey(App, models.CASCADE, related_name="collaborators")
    user = models.ForeignKey(User, models.CASCADE, related_name="collaborations")
    scopes = models.JSONField(default=list)
    created_at = models.CharField(max_length=27, default=clock.now)
    modified_at = models.CharField(max_length=27, default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["app", "user"], name="collaborator_once")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.app_id}"


class Concept(models.Model):
    """A class that can be present or absent; `public_id` is unique in its app."""

    app = models.ForeignKey(App, models.CASCADE, related_name="concepts")
    public_id = models.CharField(max_length=128)
    name = models.CharField(max_length=255)
    definition = models.TextField(blank=True)
    metadata = models.TextField(default="{}")  # JSON text
    created_at = models.CharField(max_length=27, default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["app", "public_id"], name="concept_public_id")]

    def __str__(self) -> str:
        return self.public_id
