"""The reading side of position descriptions, for staff. The screens of HR are in the Wagtail admin
(``wagtail_hooks``).
"""

from django.urls import path

from backoffice.positions import views

app_name = "positions"
urlpatterns = [
    path("positions/", views.position_list, name="list"),
    path("positions/<slug:code>/", views.detail, name="detail"),
    path("positions/<slug:code>/editions/<int:number>/", views.edition, name="edition"),
    path("positions/<slug:code>/editions/<int:number>.pdf", views.edition_pdf, name="pdf"),
    path("positions/<slug:code>/compare/", views.compare_chosen, name="compare-chosen"),
    path("positions/<slug:code>/compare/<int:before>/<int:after>/", views.compare, name="compare"),
    path("positions/<slug:code>/compare/<int:before>/<int:after>.pdf", views.compare_pdf, name="compare-pdf"),
]
