"""Working copies of workflows beside those of forms, and requests to publish them."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("editions", "0002_library_kind"),
        ("formbuilder", "0007_register_stand"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RenameModel("WorkingForm", "WorkingCopy"),
        migrations.CreateModel(
            name="PublicationRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("opened", models.CharField(max_length=24, verbose_name="version")),
                ("note", models.TextField(verbose_name="note")),
                ("effective_from", models.DateField(verbose_name="effective from")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="requested at")),
            ],
            options={
                "verbose_name": "request to publish",
                "verbose_name_plural": "requests to publish",
                "ordering": ["id"],
            },
        ),
        migrations.AlterModelOptions(
            name="workingcopy",
            options={
                "ordering": ["kind", "key"],
                "verbose_name": "working copy",
                "verbose_name_plural": "working copies",
            },
        ),
        migrations.AddField(
            model_name="workingcopy",
            name="kind",
            field=models.CharField(
                choices=[
                    ("position", "position description"),
                    ("form", "form"),
                    ("workflow", "workflow"),
                    ("calendar", "calendar"),
                    ("roles", "role table"),
                    ("library", "library item"),
                ],
                default="form",
                max_length=20,
                verbose_name="kind of edition",
            ),
        ),
        migrations.AlterField(
            model_name="refusedchange",
            name="thing",
            field=models.CharField(max_length=80, verbose_name="part of the definition"),
        ),
        migrations.AlterField(
            model_name="workingcopy",
            name="key",
            field=models.CharField(max_length=60, verbose_name="key"),
        ),
        migrations.AddConstraint(
            model_name="workingcopy",
            constraint=models.UniqueConstraint(fields=("kind", "key"), name="working_copy_once"),
        ),
        migrations.AddField(
            model_name="publicationrequest",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="requested by",
            ),
        ),
        migrations.AddField(
            model_name="publicationrequest",
            name="working",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="request",
                to="formbuilder.workingcopy",
                verbose_name="working copy",
            ),
        ),
    ]
