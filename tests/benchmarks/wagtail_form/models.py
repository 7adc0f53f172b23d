"""The page and its fields, as Wagtail's documentation writes them."""

from django.db import models
from modelcluster.fields import ParentalKey
from wagtail.contrib.forms.models import AbstractForm, AbstractFormField


class FormField(AbstractFormField):
    """One field of the page."""

    page = ParentalKey("FormPage", on_delete=models.CASCADE, related_name="form_fields")

    class Meta(AbstractFormField.Meta):
        app_label = "wagtail_form"


class FormPage(AbstractForm):
    """The page."""

    class Meta:
        app_label = "wagtail_form"
