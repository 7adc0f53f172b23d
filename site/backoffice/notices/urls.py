"""Addresses of a person's own notifications."""

from django.urls import path

from backoffice.notices import views

app_name = "notices"
urlpatterns = [
    path("notifications/", views.mine, name="mine"),
    path("notifications/read/", views.read, name="read"),
    path("notifications/preferences/", views.preferences, name="preferences"),
    path("notifications/<uuid:uuid>/", views.follow, name="follow"),
]
