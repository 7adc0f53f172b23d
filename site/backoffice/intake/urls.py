"""Addresses of requests, for all staff (``views``; writes go through ``forms.services`` and
``workflows.services``).
"""

from django.urls import path

from backoffice.intake import choosing, correcting, files, keeping, links, printing, public, reading, views

app_name = "intake"

urlpatterns = [
    path("requests/", views.catalogue, name="catalogue"),
    path("requests/mine/", views.mine, name="mine"),
    path("requests/drafts/<uuid:uuid>/", views.draft, name="draft"),
    path("requests/drafts/<uuid:uuid>/discard/", views.draft_discard, name="draft-discard"),
    path("requests/drafts/<uuid:uuid>/files/", files.upload, name="file-upload"),
    path("requests/files/<uuid:uuid>/", files.download, name="file"),
    path("requests/files/<uuid:uuid>/picture/", files.picture, name="file-picture"),
    path("requests/<uuid:uuid>/", reading.submission, name="submission"),
    path("requests/<uuid:uuid>/received/", reading.received, name="received"),
    path("requests/<uuid:uuid>/history/", reading.history, name="history"),
    path("requests/<uuid:uuid>/comment/", reading.comment, name="comment"),
    path("requests/<uuid:uuid>/withdraw/", reading.withdraw, name="withdraw"),
    path("requests/<uuid:uuid>/correct/", correcting.correct, name="correct"),
    path("requests/<uuid:uuid>/correct/discard/", correcting.discard, name="correct-discard"),
    path("requests/<uuid:uuid>/correct/take-over/", correcting.take_over, name="correct-take-over"),
    path("requests/<uuid:uuid>/receipt.pdf", printing.receipt_pdf, name="receipt"),
    path("requests/<uuid:uuid>/print/<slug:layout>.pdf", printing.submission_pdf, name="print"),
    path("requests/<slug:form_key>/favourite/", views.favourite, name="favourite"),
    path("requests/<slug:form_key>/blank.pdf", printing.blank_pdf, name="blank"),
    path("requests/<slug:form_key>/", views.form, name="form"),
    path("public-links/", links.links, name="links"),
    path("public-links/open/", links.open_link, name="link-open"),
    path("public-links/<uuid:uuid>/revoke/", links.revoke_link, name="link-revoke"),
    path("retention/", keeping.overview, name="retention"),
    path("retention/holds/", keeping.place, name="hold-place"),
    path("retention/holds/<uuid:uuid>/lift/", keeping.lift, name="hold-lift"),
    path("p/<str:token>/", public.form, name="public"),
    path("p/<str:token>/files/", public.upload, name="public-upload"),
    path("r/<str:receipt>/", public.receipt, name="public-receipt"),
    path("r/<str:receipt>/receipt.pdf", public.receipt_pdf, name="public-receipt-pdf"),
    path("requests/<slug:form_key>/<int:edition>/choose/", choosing.choose, name="choose"),
]
