"""Booklets of position descriptions."""

from django.urls import path

from backoffice.positions.booklets import views

app_name = "booklets"
urlpatterns = [
    path("booklets/", views.new, name="new"),
    path("booklets/<uuid:uuid>.pdf", views.download, name="download"),
]
