"""The addresses of HR's screens below ``/admin/``."""

from django.urls import path

from backoffice.positions.staffing import views

urlpatterns = [
    path("positions/staffing/", views.overview, name="positions_staffing"),
    path("positions/staffing/appoint/", views.appoint, name="positions_appoint"),
    path("positions/staffing/post/<slug:code>/", views.post, name="positions_staffing_post"),
    path("positions/staffing/person/<uuid:uuid>/", views.person, name="positions_staffing_person"),
    path("positions/staffing/holdings/<int:pk>/end/", views.end, name="positions_holding_end"),
    path("positions/staffing/holdings/<int:pk>/correct/", views.correct, name="positions_holding_correct"),
    path("positions/staffing/holdings/<int:pk>/strike/", views.strike, name="positions_holding_strike"),
    path("positions/staffing/add/", views.add_post, name="positions_post_add"),
    path("positions/staffing/post/<slug:code>/change/", views.edit_post, name="positions_post_edit"),
    path("positions/departments/", views.departments, name="positions_departments"),
    path("positions/departments/add/", views.add_department, name="positions_department_add"),
    path(
        "positions/departments/<slug:code>/change/", views.edit_department, name="positions_department_edit"
    ),
    path("positions/deputies/", views.deputies, name="positions_deputies"),
    path("positions/deputies/add/", views.name_deputy, name="positions_deputy_add"),
    path("positions/deputies/<int:pk>/end/", views.end_deputy, name="positions_deputy_end"),
]
