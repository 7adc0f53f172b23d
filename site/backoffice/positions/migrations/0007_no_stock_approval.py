"""Take Wagtail's ready-made approval off the pages: its approvers are a group that nobody here belongs to.

The workflow itself stays, so an administrator may still assign it; what applies to a page from now on was chosen.
"""

from django.db import migrations

STOCK = "Moderators approval"


def take_off(apps, schema_editor):
    """Unassign it from the pages Wagtail's own migration put it on."""
    apps.get_model("wagtailcore", "WorkflowPage").objects.filter(workflow__name=STOCK).delete()


class Migration(migrations.Migration):
    dependencies = [("positions", "0006_approval_steps")]

    operations = [migrations.RunPython(take_off, migrations.RunPython.noop)]
