"""The addresses of the library in the Wagtail admin; ``hooks`` registers them."""

from django.urls import path

from backoffice.positions.library import editor, views

urlpatterns = [
    path("positions/library/", views.shelf, name="positions_library"),
    path("positions/library/new/", views.add, name="positions_library_add"),
    path("positions/library/similar/", views.similar_wording, name="positions_library_similar"),
    path("positions/library/choices/", editor.choices, name="positions_library_choices"),
    path("positions/library/states/", editor.states, name="positions_library_states"),
    path("positions/library/save-row/", editor.save_row, name="positions_library_save_row"),
    path("positions/library/results/<uuid:uuid>/", views.taken_over, name="positions_library_result"),
    path("positions/library/items/<slug:key>/", views.item, name="positions_library_item"),
    path("positions/library/items/<slug:key>/edit/", views.edit, name="positions_library_edit"),
    path("positions/library/items/<slug:key>/publish/", views.publish, name="positions_library_publish"),
    path("positions/library/items/<slug:key>/retire/", views.retire, name="positions_library_retire"),
    path("positions/library/items/<slug:key>/restore/", views.restore, name="positions_library_restore"),
    path(
        "positions/library/items/<slug:key>/take-over/", views.take_over, name="positions_library_take_over"
    ),
    path(
        "positions/library/items/<slug:key>/compare/",
        views.compare_chosen,
        name="positions_library_compare_chosen",
    ),
    path(
        "positions/library/items/<slug:key>/compare/<int:before>/<int:after>/",
        views.compare,
        name="positions_library_compare",
    ),
    path("positions/<int:page_id>/library/", views.page_library, name="positions_page_library"),
]
