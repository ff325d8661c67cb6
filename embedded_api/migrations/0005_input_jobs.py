from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("embedded_api", "0004_searches")]

    operations = [
        migrations.AddField(model_name="input", name="info", field=models.TextField(default="{}")),
    ]
