"""Views are kept of other lists than registers too."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("formbuilder", "0011_people_named_in_comments"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="registerview", name="register_view_once"),
        migrations.RemoveConstraint(model_name="registerview", name="register_view_first_once"),
        migrations.RemoveIndex(model_name="registerview", name="register_view_shared"),
        migrations.RenameModel(old_name="RegisterView", new_name="SavedView"),
        migrations.RenameField(model_name="savedview", old_name="form_key", new_name="place"),
        migrations.AlterField(
            model_name="savedview",
            name="place",
            field=models.CharField(max_length=80, verbose_name="list"),
        ),
        migrations.AlterField(
            model_name="savedview",
            name="owner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="saved_views",
                to=settings.AUTH_USER_MODEL,
                verbose_name="owner",
            ),
        ),
        migrations.AlterField(
            model_name="savedview",
            name="first",
            field=models.BooleanField(default=False, verbose_name="opens with the list"),
        ),
        migrations.AddIndex(
            model_name="savedview",
            index=models.Index(fields=["place", "role"], name="saved_view_shared"),
        ),
        migrations.AddConstraint(
            model_name="savedview",
            constraint=models.UniqueConstraint(fields=("place", "owner", "name"), name="saved_view_once"),
        ),
        migrations.AddConstraint(
            model_name="savedview",
            constraint=models.UniqueConstraint(
                condition=models.Q(("first", True), ("role", "")),
                fields=("place", "owner"),
                name="saved_view_first_once",
            ),
        ),
    ]
