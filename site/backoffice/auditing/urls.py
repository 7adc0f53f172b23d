"""Addresses of the auditor's screens."""

from django.urls import path

from backoffice.auditing import views

app_name = "auditing"

urlpatterns = [
    path("audit/", views.search, name="search"),
    path("audit/<slug:kind>/<str:key>/", views.trail, name="trail"),
]
