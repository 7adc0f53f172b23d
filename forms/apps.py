"""Registers the app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FormsConfig(AppConfig):
    name = "forms"
    label = "formbuilder"
    verbose_name = _("Forms")
