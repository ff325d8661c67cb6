import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

import embedded_api.clock
from embedded_api.annotations import facts

CHUNK = 1000


def describe(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Fill in what the new columns and the table of concepts repeat of the annotations that are here."""
    Annotation = apps.get_model("embedded_api", "Annotation")
    AnnotationConcept = apps.get_model("embedded_api", "AnnotationConcept")
    last = 0
    while rows := list(Annotation.objects.filter(pk__gt=last).order_by("pk")[:CHUNK]):
        last = rows[-1].pk
        said = []
        for row in rows:
            found = facts.of(row.data)
            for name in facts.COLUMNS:
                setattr(row, name, getattr(found, name))
            said += [
                AnnotationConcept(
                    annotation_id=row.pk,
                    app_id=row.app_id,
                    input_id=row.input_id,
                    concept_id=one.concept_id,
                    value=one.value,
                    in_region=one.in_region,
                )
                for one in found.concepts
            ]
        Annotation.objects.bulk_update(rows, facts.COLUMNS, batch_size=100)
        AnnotationConcept.objects.bulk_create(said)


class Migration(migrations.Migration):
    dependencies = [("embedded_api", "0003_accounts_rights")]

    operations = [
        migrations.CreateModel(
            name="AnnotationConcept",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("concept_id", models.CharField(max_length=128)),
                ("value", models.FloatField()),
                ("in_region", models.BooleanField()),
            ],
        ),
        migrations.CreateModel(
            name="SavedSearch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.CharField(max_length=128)),
                ("target", models.CharField(default="inputs", max_length=12)),
                ("name", models.CharField(blank=True, max_length=255)),
                ("query", models.TextField(default="{}")),
                ("as_of", models.CharField(blank=True, max_length=27)),
                ("min_value", models.FloatField(default=0.0)),
                ("algorithm", models.CharField(blank=True, max_length=32)),
                ("metric", models.IntegerField(default=0)),
                ("gettable", models.IntegerField(default=10)),
                ("created_at", models.CharField(default=embedded_api.clock.now, max_length=27)),
                ("modified_at", models.CharField(default=embedded_api.clock.now, max_length=27)),
            ],
        ),
        migrations.RemoveIndex(
            model_name="annotation",
            name="annotation_order",
        ),
        migrations.RemoveIndex(
            model_name="annotation",
            name="annotation_task_order",
        ),
        migrations.AddField(
            model_name="annotation",
            name="consensus_info",
            field=models.TextField(default="{}"),
        ),
        migrations.AddField(
            model_name="annotation",
            name="embed_model_version_id",
            field=models.CharField(blank=True, default="", max_length=128),
        ),
        migrations.AddField(
            model_name="annotation",
            name="has_metadata",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="annotation",
            name="has_text",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="annotation",
            name="latitude",
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name="annotation",
            name="longitude",
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name="annotation",
            name="mask",
            field=models.CharField(blank=True, default="", max_length=80),
        ),
        migrations.AddField(
            model_name="annotation",
            name="model_id",
            field=models.CharField(blank=True, default="", max_length=128),
        ),
        migrations.AddField(
            model_name="annotation",
            name="model_version_id",
            field=models.CharField(blank=True, default="", max_length=128),
        ),
        migrations.AddField(
            model_name="annotation",
            name="place",
            field=models.CharField(blank=True, default="", max_length=12),
        ),
        migrations.AddField(
            model_name="annotation",
            name="shape",
            field=models.CharField(blank=True, default="", max_length=20),
        ),
        migrations.AddField(
            model_name="annotation",
            name="trusted",
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name="annotation",
            name="workflow_id",
            field=models.CharField(blank=True, default="", max_length=128),
        ),
        migrations.AddField(
            model_name="annotation",
            name="workflow_version_id",
            field=models.CharField(blank=True, default="", max_length=128),
        ),
        migrations.AddIndex(
            model_name="annotation",
            index=models.Index(fields=["app", "id", "trusted"], name="annotation_order"),
        ),
        migrations.AddIndex(
            model_name="annotation",
            index=models.Index(fields=["app", "task_id", "id", "trusted"], name="annotation_task_order"),
        ),
        migrations.AddIndex(
            model_name="annotation",
            index=models.Index(
                condition=models.Q(("has_text", True)), fields=["app", "id"], name="annotation_text"
            ),
        ),
        migrations.AddIndex(
            model_name="annotation",
            index=models.Index(
                condition=models.Q(("has_metadata", True)), fields=["app", "id"], name="annotation_meta"
            ),
        ),
        migrations.AddIndex(
            model_name="annotation",
            index=models.Index(
                condition=models.Q(("latitude__isnull", False)),
                fields=["app", "latitude", "longitude"],
                name="annotation_geo",
            ),
        ),
        migrations.AddIndex(
            model_name="annotation",
            index=models.Index(
                condition=models.Q(("model_version_id", ""), _negated=True),
                fields=["app", "model_version_id", "id"],
                name="annotation_model",
            ),
        ),
        migrations.AddIndex(
            model_name="annotation",
            index=models.Index(
                condition=models.Q(("workflow_version_id", ""), _negated=True),
                fields=["app", "workflow_version_id", "id"],
                name="annotation_workflow",
            ),
        ),
        migrations.AddField(
            model_name="annotationconcept",
            name="annotation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="said", to="embedded_api.annotation"
            ),
        ),
        migrations.AddField(
            model_name="annotationconcept",
            name="app",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="embedded_api.app",
            ),
        ),
        migrations.AddField(
            model_name="annotationconcept",
            name="input",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="embedded_api.input",
            ),
        ),
        migrations.AddField(
            model_name="savedsearch",
            name="app",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="saved_searches",
                to="embedded_api.app",
            ),
        ),
        migrations.AddIndex(
            model_name="annotationconcept",
            index=models.Index(
                fields=["app", "concept_id", "input", "annotation", "value", "in_region"],
                name="annotation_concept_said",
            ),
        ),
        migrations.AddIndex(
            model_name="savedsearch",
            index=models.Index(fields=["app", "id"], name="saved_search_order"),
        ),
        migrations.AddConstraint(
            model_name="savedsearch",
            constraint=models.UniqueConstraint(fields=("app", "public_id"), name="saved_search_public_id"),
        ),
        migrations.RunPython(describe, migrations.RunPython.noop),
    ]
