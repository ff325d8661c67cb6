import django.db.models.deletion
import embedded_api.clock
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("embedded_api", "0006_task_fields")]

    operations = [
        migrations.CreateModel(
            name='Dataset',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(max_length=128)),
                ('description', models.TextField(blank=True)),
                ('notes', models.TextField(blank=True)),
                ('metadata', models.TextField(default='{}')),
                ('visibility', models.IntegerField(default=10)),
                ('filter_id', models.CharField(blank=True, max_length=128)),
                ('created_at', models.CharField(default=embedded_api.clock.now, max_length=27)),
                ('modified_at', models.CharField(default=embedded_api.clock.now, max_length=27)),
                ('app', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='datasets', to='embedded_api.app')),
            ],
        ),
        migrations.CreateModel(
            name='DatasetInput',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.CharField(default=embedded_api.clock.now, max_length=27)),
                ('dataset', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='members', to='embedded_api.dataset')),
                ('input', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='embedded_api.input')),
            ],
        ),
        migrations.CreateModel(
            name='DatasetVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(max_length=128)),
                ('description', models.TextField(blank=True)),
                ('metadata', models.TextField(default='{}')),
                ('filter_id', models.CharField(blank=True, max_length=128)),
                ('ignore_empty', models.BooleanField(default=False)),
                ('status_code', models.IntegerField(default=64015)),
                ('metrics', models.TextField(default='{}')),
                ('groups', models.TextField(default='[]')),
                ('exports', models.TextField(default='{}')),
                ('created_at', models.CharField(default=embedded_api.clock.now, max_length=27)),
                ('modified_at', models.CharField(default=embedded_api.clock.now, max_length=27)),
                ('dataset', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='embedded_api.dataset')),
            ],
        ),
        migrations.CreateModel(
            name='AnnotationFilter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(max_length=128)),
                ('query', models.TextField(default='{}')),
                ('created_at', models.CharField(default=embedded_api.clock.now, max_length=27)),
                ('modified_at', models.CharField(default=embedded_api.clock.now, max_length=27)),
                ('app', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='annotation_filters', to='embedded_api.app')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('app', 'public_id'), name='annotation_filter_id')],
            },
        ),
        migrations.AddConstraint(
            model_name='dataset',
            constraint=models.UniqueConstraint(fields=('app', 'public_id'), name='dataset_public_id'),
        ),
        migrations.AddIndex(
            model_name='datasetinput',
            index=models.Index(fields=['dataset', 'id'], name='dataset_input_order'),
        ),
        migrations.AddConstraint(
            model_name='datasetinput',
            constraint=models.UniqueConstraint(fields=('dataset', 'input'), name='dataset_input_once'),
        ),
        migrations.AddConstraint(
            model_name='datasetversion',
            constraint=models.UniqueConstraint(fields=('dataset', 'public_id'), name='dataset_version_id'),
        ),
    ]
