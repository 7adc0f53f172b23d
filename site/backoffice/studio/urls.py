"""The addresses of the form builder in the Wagtail admin; ``wagtail_hooks`` registers them."""

from django.urls import path

from backoffice.studio import exchange, previewing, publishing, views
from backoffice.studio.flows import moving
from backoffice.studio.flows import publishing as flow_publishing
from backoffice.studio.flows import views as flows
from backoffice.studio.reports import views as reports

urlpatterns = [
    path("forms/", views.forms, name="studio_forms"),
    path("forms/new/", views.new, name="studio_new"),
    path("forms/import/", exchange.take_in, name="studio_import"),
    path("forms/<slug:key>/", views.edit, name="studio_edit"),
    path("forms/<slug:key>/check/", views.check_expression, name="studio_check"),
    path("forms/<slug:key>/preview/", previewing.preview, name="studio_preview"),
    path("forms/<slug:key>/publish/", publishing.publish, name="studio_publish"),
    path("forms/<slug:key>/drafts/", publishing.drafts, name="studio_drafts"),
    path("forms/<slug:key>/history/", views.history, name="studio_history"),
    path("forms/<slug:key>/discard/", views.discard, name="studio_discard"),
    path("forms/<slug:key>/export/", exchange.export, name="studio_export"),
    path("case-workflows/", flows.flows, name="studio_flows"),
    path("case-workflows/new/", flows.new, name="studio_flow_new"),
    path("case-workflows/<slug:key>/", flows.edit, name="studio_flow_edit"),
    path("case-workflows/<slug:key>/check/", flows.check_expression, name="studio_flow_check"),
    path("case-workflows/<slug:key>/diagram/", flows.diagram, name="studio_flow_diagram"),
    path("case-workflows/<slug:key>/trials/", flows.trials, name="studio_flow_trials"),
    path("case-workflows/<slug:key>/publish/", flow_publishing.publish, name="studio_flow_publish"),
    path("case-workflows/<slug:key>/cases/", moving.cases, name="studio_flow_cases"),
    path("case-workflows/<slug:key>/history/", flows.history, name="studio_flow_history"),
    path("case-workflows/<slug:key>/discard/", flows.discard, name="studio_flow_discard"),
    path("case-workflows/<slug:key>/export/", flows.export, name="studio_flow_export"),
    path("case-reports/", reports.reports, name="studio_reports"),
    path("case-reports/new/", reports.new, name="studio_report_new"),
    path("case-reports/<slug:key>/", reports.edit, name="studio_report_edit"),
    path("case-reports/<slug:key>/check/", reports.check_expression, name="studio_report_check"),
    path("case-reports/<slug:key>/publish/", reports.publish, name="studio_report_publish"),
    path("case-reports/<slug:key>/history/", reports.history, name="studio_report_history"),
    path("case-reports/<slug:key>/discard/", reports.discard, name="studio_report_discard"),
    path("case-reports/<slug:key>/export/", reports.export, name="studio_report_export"),
]
