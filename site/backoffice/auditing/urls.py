"""Addresses of the auditor's screens."""

from django.urls import path

from backoffice.auditing import views, workflows

app_name = "auditing"

urlpatterns = [
    path("audit/", views.search, name="search"),
    path("audit/workflows/<str:key>/", workflows.workflow, name="workflow"),
    path("audit/workflows/<str:key>/<int:number>/", workflows.edition, name="workflow-edition"),
    path("audit/<slug:kind>/<str:key>/", views.trail, name="trail"),
    path("audit/<slug:kind>/<str:key>/file/", views.file, name="trail-file"),
]
