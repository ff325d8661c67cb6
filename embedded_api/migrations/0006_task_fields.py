import django.db.models.deletion
from django.db import migrations, models

import embedded_api.clock


class Migration(migrations.Migration):
    dependencies = [("embedded_api", "0005_input_jobs")]

    operations = [
        migrations.AddField(
            model_name="task",
            name="auto_rules",
            field=models.TextField(default="{}"),
        ),
        migrations.AddField(
            model_name="task",
            name="auto_worker",
            field=models.TextField(default="{}"),
        ),
        migrations.AddField(
            model_name="task",
            name="extras",
            field=models.TextField(default="{}"),
        ),
        migrations.AddField(
            model_name="task",
            name="sample_percentage",
            field=models.FloatField(default=0),
        ),
        migrations.AddField(
            model_name="task",
            name="worker_type",
            field=models.IntegerField(default=1),
        ),
        migrations.CreateModel(
            name="LabelOrder",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.CharField(max_length=128)),
                ("name", models.CharField(max_length=255)),
                ("status_code", models.IntegerField(default=55001)),
                ("auto_release", models.BooleanField(default=False)),
                ("allow_empty_tag", models.BooleanField(default=False)),
                ("desired_fulfill_time", models.CharField(blank=True, max_length=27)),
                ("estimate_fulfill_time", models.CharField(blank=True, max_length=27)),
                ("created_at", models.CharField(default=embedded_api.clock.now, max_length=27)),
                ("modified_at", models.CharField(default=embedded_api.clock.now, max_length=27)),
                (
                    "app",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="label_orders",
                        to="embedded_api.app",
                    ),
                ),
                (
                    "task",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="label_order",
                        to="embedded_api.task",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["app", "id"], name="label_order_order")],
                "constraints": [
                    models.UniqueConstraint(fields=("app", "public_id"), name="label_order_public_id")
                ],
            },
        ),
    ]
