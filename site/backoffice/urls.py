"""Every address of the product. Each one needs a line in ``backoffice.access.table``; without it nobody may open it."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
