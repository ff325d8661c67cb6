"""Who may call, and the apps that hold everything else. Times are text, see `embedded_api.clock`."""

from django.db import models

from embedded_api import clock


class User(models.Model):
    """A person or a program; `id` is the public id."""

    id = models.CharField(max_length=128, primary_key=True)
    first_name = models.CharField(max_length=255, blank=True)
    last_name = models.CharField(max_length=255, blank=True)
    primary_email = models.CharField(max_length=254, blank=True, default="")  # lower case; "": none
    created_at = models.CharField(max_length=27, default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["primary_email"], condition=~models.Q(primary_email=""), name="user_email_once"
            )
        ]

    def __str__(self) -> str:
        return self.id


class App(models.Model):
    """A room for inputs, concepts, annotations and tasks; `public_id` is unique per owner."""

    owner = models.ForeignKey(User, models.CASCADE, related_name="apps")
    public_id = models.CharField(max_length=128)
    name = models.CharField(max_length=255, blank=True)
    description = models.TextField(blank=True)
    notes = models.TextField(blank=True, default="")
    default_language = models.CharField(max_length=16, default="en")
    default_workflow_id = models.CharField(max_length=128, blank=True, default="")
    sample_ms = models.IntegerField(default=0)  # one frame of a video per so many milliseconds; 0: not said
    is_template = models.BooleanField(default=False)
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
    endpoints = models.JSONField(default=list)  # empty: no limit beside the scopes
    created_at = models.CharField(max_length=27, default=clock.now)
    expires_at = models.CharField(max_length=27, blank=True, default="")  # "": never

    def __str__(self) -> str:
        return self.public_id


class Collaborator(models.Model):
    """A user who may work in somebody else's app."""

    app = models.ForeignKey(App, models.CASCADE, related_name="collaborators")
    user = models.ForeignKey(User, models.CASCADE, related_name="collaborations")
    scopes = models.JSONField(default=list)
    endpoints = models.JSONField(default=list)  # empty: no limit beside the scopes
    created_at = models.CharField(max_length=27, default=clock.now)
    modified_at = models.CharField(max_length=27, default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["app", "user"], name="collaborator_once")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.app_id}"


class FormerCollaborator(models.Model):
    """A collaborator who was removed: a record only, in a table of its own, so that it can open no door."""

    number = models.BigIntegerField()  # the id while they were in
    app = models.ForeignKey(App, models.CASCADE, related_name="former_collaborators")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    scopes = models.JSONField(default=list)
    endpoints = models.JSONField(default=list)
    created_at = models.CharField(max_length=27)
    modified_at = models.CharField(max_length=27)
    deleted_at = models.CharField(max_length=27, default=clock.now)

    def __str__(self) -> str:
        return f"{self.user_id} formerly in {self.app_id}"


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


class ConceptRelation(models.Model):
    """`subject` is a kind of `object` (hyponym) or means the same (synonym). A hypernym is stored the other way."""

    HYPONYM, HYPERNYM, SYNONYM = "hyponym", "hypernym", "synonym"

    app = models.ForeignKey(App, models.CASCADE, related_name="concept_relations")
    public_id = models.CharField(max_length=128)
    subject = models.ForeignKey(Concept, models.CASCADE, related_name="+")
    object = models.ForeignKey(Concept, models.CASCADE, related_name="+")
    predicate = models.CharField(max_length=8)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["app", "public_id"], name="concept_relation_public_id"),
            models.UniqueConstraint(fields=["subject", "object", "predicate"], name="concept_relation_once"),
        ]

    def __str__(self) -> str:
        return f"{self.subject_id} {self.predicate} {self.object_id}"
