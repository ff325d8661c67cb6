from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("embedded_api", "0003_accounts_rights")]

    operations = []
