"""Addresses of cases, for staff: ``/inbox/`` and ``/cases/…`` (``views``; writes go through ``workflows.services``)."""

from django.urls import path

from backoffice.casework import (
    asking,
    deciding,
    explaining,
    firing,
    inbox,
    orders,
    passport,
    relations,
    views,
)

app_name = "casework"

urlpatterns = [
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/decide/", inbox.decide_several, name="decide-several"),
    path("cases/", views.case_list, name="cases"),
    path("cases/<uuid:case_uuid>/", views.case_detail, name="case"),
    path("cases/<uuid:case_uuid>/passport.pdf", passport.passport, name="passport"),
    path("clocks/", firing.panel, name="clocks"),
    path("clocks/what-if/", firing.what_if, name="what-if"),
    path("cases/<uuid:case_uuid>/clocks/<slug:clock>/", explaining.explained, name="clock"),
    path("cases/<uuid:case_uuid>/approval/<slug:verb>/", deciding.decide, name="decide"),
    path("cases/<uuid:case_uuid>/relations/", relations.relate, name="relations"),
    path("cases/<uuid:case_uuid>/orders/<uuid:order_uuid>/", orders.go_on, name="order"),
    path("cases/<uuid:case_uuid>/orders/<uuid:order_uuid>/drop/", orders.drop, name="order-drop"),
    path("cases/<uuid:case_uuid>/<slug:step>/", views.case_step, name="step"),
    path("cases/<uuid:case_uuid>/<str:place>/files/", asking.files, name="step-files"),
    path("cases/<uuid:case_uuid>/<str:place>/choose/", asking.choose, name="step-choose"),
]
