"""Addresses of this app; each needs a line in ``backoffice.access.table``."""

from django.urls import URLPattern

app_name = "positions"
urlpatterns: list[URLPattern] = []
