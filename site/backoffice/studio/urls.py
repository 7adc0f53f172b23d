"""The addresses of the form builder in the Wagtail admin; ``wagtail_hooks`` registers them."""

from django.urls import path

from backoffice.studio import exchange, previewing, publishing, views

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
]
