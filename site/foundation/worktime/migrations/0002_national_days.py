"""Fills the national table with the years the holiday libraries announce, and the next one, provisionally."""

from django.db import migrations

YEARS = (2024, 2025, 2026, 2027)


def fill(apps, schema_editor):
    # What the libraries say is a fact of the outside world: `calendar_days` brings it up to date at any time.
    from foundation.worktime.national import arrangement

    Day = apps.get_model("worktime", "Day")
    ArrangedYear = apps.get_model("worktime", "ArrangedYear")
    for year in YEARS:
        known = arrangement(year)
        ArrangedYear.objects.get_or_create(
            year=year, defaults={"announced": known.announced, "source": known.source}
        )
        for day in known.days:
            Day.objects.get_or_create(
                day=day.day,
                defaults={
                    "kind": day.kind.value,
                    "name": day.name,
                    "name_en": day.name_en,
                    "stands_for": day.stands_for,
                    "provisional": day.provisional,
                    "source": known.source,
                },
            )


def empty(apps, schema_editor):
    apps.get_model("worktime", "Day").objects.exclude(source="hand").filter(day__year__in=YEARS).delete()
    apps.get_model("worktime", "ArrangedYear").objects.filter(year__in=YEARS).delete()


class Migration(migrations.Migration):
    dependencies = [("worktime", "0001_calendars")]
    operations = [migrations.RunPython(fill, empty)]
