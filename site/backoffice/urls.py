"""Every address of the product.

Each one needs a line in ``backoffice.access.table``; without it nobody may open it.
"""

from django.urls import URLPattern, URLResolver, include, path
from wagtail.admin import urls as wagtailadmin_urls

from backoffice.access.views import closed_login, sign_out

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("backoffice.access.urls")),
    path("", include("backoffice.intake.urls")),
    path("registers/", include("backoffice.intake.registers.urls")),
    path("", include("backoffice.casework.urls")),
    path("", include("backoffice.reports.urls")),
    path("", include("backoffice.positions.urls")),
    path("", include("backoffice.positions.booklets.urls")),
    path("", include("backoffice.auditing.urls")),
    path("", include("backoffice.notices.urls")),
    # Before Wagtail's own: its login would take a password past the lock-out and the record of sign-ins.
    path("admin/login/", closed_login, name="closed-login"),
    # Wagtail's own ends the session at a mere GET, so any picture on any site could sign people out.
    path("admin/logout/", sign_out, name="admin-sign-out"),
    path("admin/", include(wagtailadmin_urls)),
]

handler400 = "backoffice.access.errors.bad_request"
handler403 = "backoffice.access.errors.forbidden"
handler404 = "backoffice.access.errors.not_found"
handler500 = "backoffice.access.errors.failed"
