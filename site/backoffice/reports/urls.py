"""Addresses of reports, for staff: ``/reports/`` and ``/load/``."""

from django.urls import path

from backoffice.reports import load, views

app_name = "reports"

urlpatterns = [
    path("reports/", views.report_list, name="list"),
    path("reports/drafts/<slug:key>/", views.draft, name="draft"),
    path("reports/drafts/<slug:key>/cases/", views.draft_cases, name="draft-cases"),
    path("reports/<slug:key>/", views.report, name="report"),
    path("reports/<slug:key>/cases/", views.report_cases, name="cases"),
    path("reports/<slug:key>/file/", views.workbook, name="file"),
    path("reports/<slug:key>/report.pdf", views.document, name="pdf"),
    path("load/", load.load, name="load"),
    path("load/file/", load.load_file, name="load-file"),
]
