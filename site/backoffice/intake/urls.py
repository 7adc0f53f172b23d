"""Addresses of requests, for all staff (``views``; writes go through ``forms.services`` and
``workflows.services``).
"""

from django.urls import path

from backoffice.intake import choosing, files, views

app_name = "intake"

urlpatterns = [
    path("requests/", views.catalogue, name="catalogue"),
    path("requests/mine/", views.mine, name="mine"),
    path("requests/drafts/<uuid:uuid>/", views.draft, name="draft"),
    path("requests/drafts/<uuid:uuid>/discard/", views.draft_discard, name="draft-discard"),
    path("requests/drafts/<uuid:uuid>/files/", files.upload, name="file-upload"),
    path("requests/files/<uuid:uuid>/", files.download, name="file"),
    path("requests/files/<uuid:uuid>/picture/", files.picture, name="file-picture"),
    path("requests/<uuid:uuid>/", views.submission, name="submission"),
    path("requests/<slug:form_key>/", views.form, name="form"),
    path("requests/<slug:form_key>/<int:edition>/choose/", choosing.choose, name="choose"),
]
