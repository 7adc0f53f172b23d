"""Clocks name the events that told of them last; the database refuses a change without one."""

from typing import Any

from django.db import migrations, models


def name_newest_events(apps: Any, schema_editor: Any) -> None:
    """Give each clock there is the newest events of its case and of its own, so that none of them can be used again."""
    events = apps.get_model("audit", "Event").objects
    for clock in apps.get_model("workflows", "CaseClock").objects.select_related("case").iterator():
        clock.case_version = clock.case.version
        own = events.filter(stream=f"clocks:{clock.case.uuid}").order_by("-stream_ver")
        clock.own_version = own.values_list("stream_ver", flat=True).first() or 0
        clock.save(update_fields=["case_version", "own_version"])


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0002_erasures"),
        ("workflows", "0009_claims_ledger"),
    ]

    operations = [
        migrations.AddField(
            model_name="caseclock",
            name="case_version",
            field=models.PositiveIntegerField(default=0, editable=False, verbose_name="version of the case"),
        ),
        migrations.AddField(
            model_name="caseclock",
            name="own_version",
            field=models.PositiveIntegerField(
                default=0, editable=False, verbose_name="newest event of its own"
            ),
        ),
        migrations.RunPython(name_newest_events, migrations.RunPython.noop),
    ]
