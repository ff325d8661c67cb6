"""Decisions get their item's task, so that a task's latest ones are found by an index."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def fill(apps, schema_editor):
    decisions = apps.get_model("review", "Decision").objects
    items = apps.get_model("sync", "WorkItem").objects.filter(pk=models.OuterRef("item_id"))
    decisions.update(task_id=models.Subquery(items.values("task_id")[:1]))


def decision_task(**options):
    return models.ForeignKey(
        db_index=False,
        on_delete=django.db.models.deletion.CASCADE,
        related_name="decisions",
        to="sync.task",
        **options,
    )


class Migration(migrations.Migration):
    # PostgreSQL does not change a table while deferred checks of the filling wait.
    atomic = False

    dependencies = [
        ("accounts", "0001_initial"),
        ("sync", "0002_input_index"),
        ("review", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField("decision", "task", decision_task(null=True)),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterField("decision", "task", decision_task()),
        migrations.AddIndex(
            "decision", models.Index(fields=["task", "-id"], name="review_deci_task_id_ebf0b3_idx")
        ),
        migrations.AddIndex(
            "decision", models.Index(fields=["reviewer", "created_at"], name="review_deci_reviewe_a1ccca_idx")
        ),
    ]
