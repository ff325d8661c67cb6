from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("embedded_api", "0005_input_jobs")]

    operations = []
