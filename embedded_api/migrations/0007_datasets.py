from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("embedded_api", "0006_task_fields")]

    operations = []
