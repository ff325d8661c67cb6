from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("embedded_api", "0002_tasks")]

    operations = []
