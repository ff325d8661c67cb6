"""The list of inputs finds an input's work items in a task and a state by one index."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sync", "0001_initial")]

    operations = [
        migrations.AddIndex(
            "workitem",
            models.Index(fields=["input", "task", "state"], name="sync_workit_input_i_70c9b7_idx"),
        ),
        migrations.AlterField(
            "workitem",
            "input",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="items",
                to="sync.input",
            ),
        ),
    ]
