"""What the builders of forms and workflows can be set to."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail.admin.panels import FieldPanel
from wagtail.contrib.settings.models import BaseGenericSetting, register_setting


@register_setting(icon="list-ul", order=830)
class WorkflowPublishing(BaseGenericSetting):
    """How workflows are published. Its changes stand in the history of Wagtail's site report."""

    second_person = models.BooleanField(
        _("publishing needs a second person"),
        default=False,
        help_text=_(
            "Whoever wants a workflow published asks for it; another person with the same permission looks at the "
            "differences and publishes."
        ),
    )
    panels = [FieldPanel("second_person")]

    class Meta:
        verbose_name = pgettext_lazy("of cases", "Publishing of workflows")

    def __str__(self) -> str:
        return str(self._meta.verbose_name)
