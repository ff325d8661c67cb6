"""Details of tasks, requests and proof of runs, items that are gone, how far changes were read, and drift."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('sync', '0002_input_index'),
    ]

    operations = [
        migrations.AddField(
            model_name='syncrun',
            name='proof',
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='syncrun',
            name='requests',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='task',
            name='apart',
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name='task',
            name='details',
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name='task',
            name='told_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='workitem',
            name='annotation_count',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='workitem',
            name='gone',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='workitem',
            name='missing_sweeps',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='workitem',
            name='own_count',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.CreateModel(
            name='ChangeMark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('until', models.DateTimeField(blank=True, null=True)),
                ('advanced_at', models.DateTimeField(blank=True, null=True)),
                ('overlapped_at', models.DateTimeField(blank=True, null=True)),
                ('listed_at', models.DateTimeField(blank=True, null=True)),
                ('seen', models.BinaryField(default=b'')),
                ('connection', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='change_mark', to='accounts.connection')),
            ],
        ),
        migrations.CreateModel(
            name='Drift',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=60)),
                ('what', models.CharField(max_length=40)),
                ('name', models.CharField(max_length=120)),
                ('count', models.PositiveIntegerField(default=0)),
                ('example', models.CharField(blank=True, max_length=120)),
                ('first_seen_at', models.DateTimeField()),
                ('last_seen_at', models.DateTimeField()),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='drift', to='accounts.connection')),
            ],
            options={
                'ordering': ['-last_seen_at', 'id'],
                'constraints': [models.UniqueConstraint(fields=('connection', 'kind', 'what', 'name'), name='one_drift')],
            },
        ),
    ]
