"""The door: sign-in and sign-out, language and appearance, health, the page of components."""

from django.urls import path

from backoffice.access import health, job_views, views

app_name = "access"
urlpatterns = [
    path("", views.home, name="home"),
    path("sign-in/", views.SignIn.as_view(), name="sign-in"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("password/", views.ChangePassword.as_view(), name="password"),
    path("language/", views.language, name="language"),
    path("theme/", views.theme, name="theme"),
    path("design/", views.design, name="design"),
    path("jobs/<uuid:uuid>/", job_views.job, name="job"),
    path("jobs/<uuid:uuid>/cancel/", job_views.cancel, name="job-cancel"),
    path("favicon.ico", views.icon, name="icon"),
    path("healthz", health.healthz, name="health"),
    path("readyz", health.readyz, name="ready"),
]
