import django.db.models.deletion
import embedded_api.clock
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('embedded_api', '0004_searches'),
    ]

    operations = [
        migrations.AddField(
            model_name='input',
            name='info',
            field=models.TextField(default='{}'),
        ),
        migrations.CreateModel(
            name='AddJob',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(max_length=128)),
                ('cancelled', models.BooleanField(default=False)),
                ('succeeded', models.BigIntegerField(default=0)),
                ('failed', models.BigIntegerField(default=0)),
                ('created_at', models.CharField(default=embedded_api.clock.now, max_length=27)),
                ('modified_at', models.CharField(default=embedded_api.clock.now, max_length=27)),
                ('app', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='embedded_api.app')),
            ],
        ),
        migrations.CreateModel(
            name='Upload',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(max_length=128)),
                ('folder', models.CharField(max_length=32)),
                ('status_code', models.IntegerField(default=68000)),
                ('content_name', models.CharField(blank=True, max_length=255)),
                ('content_length', models.BigIntegerField()),
                ('expires_at', models.CharField(max_length=27)),
                ('created_at', models.CharField(default=embedded_api.clock.now, max_length=27)),
                ('modified_at', models.CharField(default=embedded_api.clock.now, max_length=27)),
                ('add_job', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='uploads', to='embedded_api.addjob')),
                ('app', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='embedded_api.app')),
            ],
        ),
        migrations.CreateModel(
            name='ExtractionJob',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(max_length=128)),
                ('user_id', models.CharField(max_length=128)),
                ('url', models.TextField(blank=True)),
                ('resolution', models.IntegerField(default=0)),
                ('template', models.TextField(default='{}')),
                ('status_code', models.IntegerField(default=64000)),
                ('details', models.TextField(blank=True)),
                ('images', models.BigIntegerField(default=0)),
                ('videos', models.BigIntegerField(default=0)),
                ('audios', models.BigIntegerField(default=0)),
                ('texts', models.BigIntegerField(default=0)),
                ('archives', models.IntegerField(default=0)),
                ('archives_open', models.IntegerField(default=0)),
                ('archives_done', models.IntegerField(default=0)),
                ('archives_failed', models.IntegerField(default=0)),
                ('members', models.BigIntegerField(default=0)),
                ('in_progress', models.BigIntegerField(default=0)),
                ('succeeded', models.BigIntegerField(default=0)),
                ('failed', models.BigIntegerField(default=0)),
                ('place', models.IntegerField(default=0)),
                ('entered', models.BooleanField(default=False)),
                ('done', models.IntegerField(default=0)),
                ('claim', models.CharField(blank=True, max_length=32)),
                ('claimed_until', models.CharField(blank=True, max_length=27)),
                ('tries', models.IntegerField(default=0)),
                ('created_at', models.CharField(default=embedded_api.clock.now, max_length=27)),
                ('modified_at', models.CharField(default=embedded_api.clock.now, max_length=27)),
                ('add_job', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='extraction_jobs', to='embedded_api.addjob')),
                ('app', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='embedded_api.app')),
                ('upload', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='extraction_jobs', to='embedded_api.upload')),
            ],
        ),
        migrations.CreateModel(
            name='UploadPart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.IntegerField()),
                ('start', models.BigIntegerField()),
                ('size', models.BigIntegerField()),
                ('file', models.CharField(max_length=32)),
                ('upload', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='embedded_api.upload')),
            ],
        ),
        migrations.AddIndex(
            model_name='addjob',
            index=models.Index(fields=['app', 'id'], name='add_job_order'),
        ),
        migrations.AddConstraint(
            model_name='addjob',
            constraint=models.UniqueConstraint(fields=('app', 'public_id'), name='add_job_public_id'),
        ),
        migrations.AddIndex(
            model_name='upload',
            index=models.Index(fields=['app', 'id'], name='upload_order'),
        ),
        migrations.AddIndex(
            model_name='upload',
            index=models.Index(fields=['status_code', 'expires_at'], name='upload_expiry'),
        ),
        migrations.AddConstraint(
            model_name='upload',
            constraint=models.UniqueConstraint(fields=('app', 'public_id'), name='upload_public_id'),
        ),
        migrations.AddIndex(
            model_name='extractionjob',
            index=models.Index(fields=['app', 'id'], name='extraction_order'),
        ),
        migrations.AddIndex(
            model_name='extractionjob',
            index=models.Index(fields=['status_code', 'id'], name='extraction_queue'),
        ),
        migrations.AddConstraint(
            model_name='extractionjob',
            constraint=models.UniqueConstraint(fields=('app', 'public_id'), name='extraction_public_id'),
        ),
        migrations.AddConstraint(
            model_name='uploadpart',
            constraint=models.UniqueConstraint(fields=('upload', 'number'), name='upload_part_once'),
        ),
    ]
