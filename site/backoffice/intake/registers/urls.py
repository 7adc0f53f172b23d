"""Addresses of registers, for those who read them (``forms.registers.rules``)."""

from django.urls import path

from backoffice.intake.registers import exporting, importing, views

app_name = "registers"

urlpatterns = [
    path("", views.register_list, name="list"),
    path("files/<uuid:uuid>/", exporting.exported, name="file"),
    path("<slug:form_key>/", views.register, name="register"),
    path("<slug:form_key>/export/", exporting.export, name="export"),
    path("<slug:form_key>/import/", importing.start, name="import"),
    path("<slug:form_key>/import/template/", importing.template, name="import-template"),
    path("<slug:form_key>/import/<uuid:uuid>/", importing.detail, name="import-file"),
    path("<slug:form_key>/import/<uuid:uuid>/take/", importing.take, name="import-take"),
    path("<slug:form_key>/import/<uuid:uuid>/discard/", importing.discard, name="import-discard"),
    path("<slug:form_key>/views/", views.view_keep, name="view-keep"),
    path("<slug:form_key>/views/<uuid:uuid>/discard/", views.view_discard, name="view-discard"),
]
