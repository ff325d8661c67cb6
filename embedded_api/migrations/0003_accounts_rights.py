import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

import embedded_api.clock
from embedded_api.accounts.standing import COLLABORATOR_SCOPES


def widen(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Until now every collaborator had one fixed list, which was printed and not asked; from now on it rules."""
    apps.get_model("embedded_api", "Collaborator").objects.update(scopes=list(COLLABORATOR_SCOPES))


class Migration(migrations.Migration):
    dependencies = [("embedded_api", "0002_tasks")]

    operations = [
        migrations.CreateModel(
            name="ConceptRelation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.CharField(max_length=128)),
                ("predicate", models.CharField(max_length=8)),
                (
                    "app",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="concept_relations",
                        to="embedded_api.app",
                    ),
                ),
                (
                    "object",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="embedded_api.concept",
                    ),
                ),
                (
                    "subject",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="embedded_api.concept",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("app", "public_id"), name="concept_relation_public_id"),
                    models.UniqueConstraint(
                        fields=("subject", "object", "predicate"), name="concept_relation_once"
                    ),
                ]
            },
        ),
        migrations.CreateModel(
            name="FormerCollaborator",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.BigIntegerField()),
                ("scopes", models.JSONField(default=list)),
                ("endpoints", models.JSONField(default=list)),
                ("created_at", models.CharField(max_length=27)),
                ("modified_at", models.CharField(max_length=27)),
                ("deleted_at", models.CharField(default=embedded_api.clock.now, max_length=27)),
                (
                    "app",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="former_collaborators",
                        to="embedded_api.app",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="embedded_api.user"
                    ),
                ),
            ],
        ),
        migrations.AddField("app", "default_language", models.CharField(default="en", max_length=16)),
        migrations.AddField(
            "app", "default_workflow_id", models.CharField(blank=True, default="", max_length=128)
        ),
        migrations.AddField("app", "is_template", models.BooleanField(default=False)),
        migrations.AddField("app", "notes", models.TextField(blank=True, default="")),
        migrations.AddField("app", "sample_ms", models.IntegerField(default=0)),
        migrations.AddField("collaborator", "endpoints", models.JSONField(default=list)),
        migrations.AddField("key", "endpoints", models.JSONField(default=list)),
        migrations.AddField("key", "expires_at", models.CharField(blank=True, default="", max_length=27)),
        migrations.AddField(
            "user", "primary_email", models.CharField(blank=True, default="", max_length=254)
        ),
        migrations.AddConstraint(
            "user",
            models.UniqueConstraint(
                condition=models.Q(("primary_email", ""), _negated=True),
                fields=("primary_email",),
                name="user_email_once",
            ),
        ),
        migrations.RunPython(widen, migrations.RunPython.noop),
    ]
