"""The reading side of position descriptions, for staff. The screens of HR are in the Wagtail admin
(``wagtail_hooks``).
"""

from django.urls import path

from backoffice.positions import views
from backoffice.positions.approval import views as approval_views
from backoffice.positions.chart import views as chart
from backoffice.positions.signoff import views as sign_offs
from backoffice.positions.staffing import mine

app_name = "positions"
urlpatterns = [
    path("positions/", views.position_list, name="list"),
    # Words before the codes of positions: no position can be called by one of them (``addresses``).
    path("positions/sign-offs/", sign_offs.mine, name="sign-offs"),
    path("positions/sign-offs/report/", sign_offs.report, name="sign-off-report"),
    path("positions/sign-offs/report.csv", sign_offs.report_file, name="sign-off-report-file"),
    path("positions/sign-offs/rules/", sign_offs.rules_on_dates, name="sign-off-rules"),
    path("positions/sign-offs/<uuid:uuid>/", sign_offs.sign_off, name="sign-off"),
    path("positions/sign-offs/<uuid:uuid>.pdf", sign_offs.statement_pdf, name="sign-off-pdf"),
    path("positions/sign-offs/<uuid:uuid>/remind/", sign_offs.remind, name="sign-off-remind"),
    path("positions/sign-offs/<uuid:uuid>/ask-again/", sign_offs.ask_again, name="sign-off-ask-again"),
    path("positions/chart/", chart.chart, name="chart"),
    path("positions/chart.svg", chart.chart_svg, name="chart-svg"),
    path("positions/chart.pdf", chart.chart_pdf, name="chart-pdf"),
    path("positions/mine/", mine.mine, name="mine"),
    path("positions/approvals/", approval_views.approvals, name="approvals"),
    path("positions/approvals/<uuid:step_uuid>/", approval_views.approval, name="approval"),
    path("positions/approvals/<uuid:step_uuid>/withdraw/", approval_views.withdraw, name="approval-withdraw"),
    path("positions/<slug:code>/", views.detail, name="detail"),
    path("positions/<slug:code>/editions/<int:number>/", views.edition, name="edition"),
    path("positions/<slug:code>/editions/<int:number>.pdf", views.edition_pdf, name="pdf"),
    path("positions/<slug:code>/editions/<int:number>.docx", views.edition_word, name="word"),
    path("positions/<slug:code>/compare/", views.compare_chosen, name="compare-chosen"),
    path("positions/<slug:code>/compare/<int:before>/<int:after>/", views.compare, name="compare"),
    path("positions/<slug:code>/compare/<int:before>/<int:after>.pdf", views.compare_pdf, name="compare-pdf"),
]
