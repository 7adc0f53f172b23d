"""Addresses of cases, for staff: ``/inbox/`` and ``/cases/…`` (``views``; writes go through ``workflows.services``)."""

from django.urls import path

from backoffice.casework import (
    asking,
    deciding,
    explaining,
    exporting,
    firing,
    inbox,
    list_page,
    notes,
    orders,
    passport,
    promises,
    relations,
    together,
    views,
)
from backoffice.casework.ledger import entries, lists
from backoffice.casework.ledger import views as ledgers

app_name = "casework"

urlpatterns = [
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/decide/", inbox.decide_several, name="decide-several"),
    path("cases/", list_page.case_list, name="cases"),
    path("cases/views/", list_page.view_keep, name="view-keep"),
    path("cases/views/<uuid:uuid>/discard/", list_page.view_discard, name="view-discard"),
    path("cases/file/", exporting.export, name="file"),
    path("cases/together/<slug:deed>/", together.together, name="together"),
    path("cases/<uuid:case_uuid>/", views.case_detail, name="case"),
    path("cases/<uuid:case_uuid>/passport.pdf", passport.passport, name="passport"),
    path("cases/<uuid:case_uuid>/notes/", notes.write, name="note"),
    path("cases/<uuid:case_uuid>/people/", notes.people, name="people"),
    path("promises/", promises.promise_list, name="promises"),
    path("cases/<uuid:case_uuid>/promises/new/", promises.record, name="promise-record"),
    path("cases/<uuid:case_uuid>/promises/<uuid:uuid>/", promises.one_promise, name="promise"),
    path("clocks/", firing.panel, name="clocks"),
    path("clocks/what-if/", firing.what_if, name="what-if"),
    path("clocks/reckon-anew/", firing.reckon_anew, name="clocks-reckon"),
    path("cases/<uuid:case_uuid>/clocks/<slug:clock>/", explaining.explained, name="clock"),
    path("cases/<uuid:case_uuid>/approval/<slug:verb>/", deciding.decide, name="decide"),
    path("cases/<uuid:case_uuid>/relations/", relations.relate, name="relations"),
    path("cases/<uuid:case_uuid>/orders/<uuid:order_uuid>/", orders.go_on, name="order"),
    path("cases/<uuid:case_uuid>/orders/<uuid:order_uuid>/drop/", orders.drop, name="order-drop"),
    path("cases/<uuid:case_uuid>/ledger/post/", entries.post_entry, name="ledger-post"),
    path("cases/<uuid:case_uuid>/ledger/<int:number>/reverse/", entries.reverse_entry, name="ledger-reverse"),
    path("ledgers/", ledgers.ledger_list, name="ledgers"),
    path("ledgers/<slug:workflow>/", ledgers.desk, name="ledger"),
    path("ledgers/<slug:workflow>/file/", ledgers.export, name="ledger-file"),
    path("ledgers/<slug:workflow>/months/", ledgers.month_list, name="ledger-months"),
    path("ledgers/<slug:workflow>/lists/", lists.start, name="ledger-lists"),
    path("ledgers/<slug:workflow>/lists/<uuid:uuid>/", lists.detail, name="ledger-statement"),
    path("ledgers/<slug:workflow>/lists/<uuid:uuid>/post/", lists.post, name="ledger-statement-post"),
    path(
        "ledgers/<slug:workflow>/lists/<uuid:uuid>/discard/", lists.discard, name="ledger-statement-discard"
    ),
    path("cases/<uuid:case_uuid>/<slug:step>/", views.case_step, name="step"),
    path("cases/<uuid:case_uuid>/<str:place>/files/", asking.files, name="step-files"),
    path("cases/<uuid:case_uuid>/<str:place>/choose/", asking.choose, name="step-choose"),
]
