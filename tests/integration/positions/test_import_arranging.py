"""HR joins and cuts the proposals; what was typed stays; nothing is stored before it is taken."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from backoffice.positions import imports
from backoffice.positions.models import ImportedText, ImportReview, PositionPage
from tests.factories.positions import make_editor

pytestmark = pytest.mark.django_db

TEXT = """洗车员岗位职责
1、清洗车辆外观。
2、清洗车辆内饰。
3、驾驶拖车到现场。
4、登记救援单。

试驾专员岗位职责
1、检查试驾车。
2、登记试驾协议。
"""


@pytest.fixture
def review(client):
    """Return a function that posts to the review of an uploaded text and gives the answer."""
    client.force_login(make_editor())
    client.post(reverse("positions_import"), {"file": SimpleUploadedFile("posts.txt", TEXT.encode())})
    imported = ImportedText.objects.get()
    address = reverse("positions_import_review", args=[imported.uuid])
    return lambda **posted: client.post(address, {name.replace("_", "-"): posted[name] for name in posted})


def duty_place(unit: int, duty: int) -> int:
    return imports.proposals(ImportedText.objects.get()).units[unit].duties[duty].source[0]


def shown(response) -> list[tuple[str, str, list[str]]]:
    return [
        (one.form.prefix, one.form["title"].value(), [part.text for part in one.duties])
        for one in response.context["units"]
    ]


def test_joining_keeps_the_duties_of_both_and_the_typed_title(review):
    response = review(change="merge:u1", u0_title="外勤专员", u0_take="on")
    assert shown(response) == [
        (
            "u0",
            "外勤专员",
            [
                "清洗车辆外观。",
                "清洗车辆内饰。",
                "驾驶拖车到现场。",
                "登记救援单。",
                "检查试驾车。",
                "登记试驾协议。",
            ],
        )
    ]
    assert (response.status_code, response.context["state"].steps) == (200, ["merge:u1"])
    assert not PositionPage.objects.exists()


def test_cutting_begins_a_new_description_whose_title_is_asked(review):
    place = duty_place(0, 2)
    response = review(change=f"split:u0:{place}", u0_title="清洗员", u0_take="on", u1_title="陪驾员")
    assert shown(response) == [
        ("u0", "清洗员", ["清洗车辆外观。", "清洗车辆内饰。"]),
        (f"u0s{place}", "", ["驾驶拖车到现场。", "登记救援单。"]),
        ("u1", "陪驾员", ["检查试驾车。", "登记试驾协议。"]),
    ]
    assert [one.form.taken_now for one in response.context["units"]] == [True, True, False]


def test_what_was_crossed_out_stays_so_where_it_moved(review):
    cut, gone = duty_place(0, 2), duty_place(0, 3)
    response = review(change=f"split:u0:{cut}", u0_title="清洗员", u0_dropped=f"d{gone}")
    dropped = {part.text for one in response.context["units"] for part in one.duties if part.dropped}
    assert dropped == {"登记救援单。"}


def test_the_last_step_is_undone(review):
    review(change="merge:u1", u0_title="外勤专员")
    response = review(change="undo", version=1, u0_title="外勤专员")
    assert [(key, title, len(duties)) for key, title, duties in shown(response)] == [
        ("u0", "外勤专员", 4),
        ("u1", "试驾专员", 2),
    ]


def test_cut_descriptions_are_taken_with_their_own_place_in_the_source(review):
    place = duty_place(0, 2)
    review(change=f"split:u0:{place}")
    review(
        version=1,
        **{"u0-take": "on", "u0-title": "清洗员", "u0-position": "", "u0-code": ""},
        **{f"u0s{place}-take": "on", f"u0s{place}-title": "拖车司机", f"u0s{place}-position": ""},
    )
    pages = PositionPage.objects.order_by("pk")
    assert [(page.title, [row.value["text"] for row in page.duties]) for page in pages] == [
        ("清洗员", ["清洗车辆外观。", "清洗车辆内饰。"]),
        ("拖车司机", ["驾驶拖车到现场。", "登记救援单。"]),
    ]
    assert (pages[1].source_start, TEXT[pages[1].source_start : pages[1].source_end].count("\n")) == (
        place,
        1,
    )


@pytest.mark.parametrize(
    "change", ["merge:u0", "merge:u9", "split:u0:0", "split:u0:x", "split:u9:5", "nonsense", "::"]
)
def test_a_step_that_fits_nothing_changes_nothing(review, change):
    response = review(change=change)
    assert (response.status_code, [key for key, _title, _duties in shown(response)]) == (200, ["u0", "u1"])


def test_a_review_that_was_left_is_taken_up_where_it_was(review, client):
    cut, gone = duty_place(0, 2), duty_place(0, 3)
    review(change=f"split:u0:{cut}", u0_title="清洗员", u0_take="on", u0_dropped=f"d{gone}")
    client.force_login(make_editor())  # a colleague, in another browser
    response = client.get(reverse("positions_import_review", args=[ImportedText.objects.get().uuid]))
    assert [(key, title, len(duties)) for key, title, duties in shown(response)] == [
        ("u0", "清洗员", 2),
        (f"u0s{cut}", "", 2),
        ("u1", "试驾专员", 2),
    ]
    assert {part.text for one in response.context["units"] for part in one.duties if part.dropped} == {
        "登记救援单。"
    }
    assert response.context["state"].version == 1


def test_of_two_people_the_second_is_told_and_overwrites_nothing(review, client):
    review(change="save", u0_title="清洗员")
    second = make_editor(full_name="周敏")
    client.force_login(second)
    response = review(change="save", version=0, u0_title="保洁员")
    assert (response.status_code, shown(response)[0][1]) == (409, "清洗员")
    assert len(response.context["messages"]) == 1
    assert review(change="save", version=1, u0_title="保洁员").status_code == 200
    response = review(version=1, u0_take="on", u0_title="洗车组长")
    assert (response.status_code, PositionPage.objects.exists()) == (409, False)


def test_what_is_typed_is_saved_while_typing(review, client):
    address = reverse("positions_import_review", args=[ImportedText.objects.get().uuid])
    typed = {"change": "save", "version": 0, "u0-title": "清洗员", "csrf": "x", "u0-evil": "x" * 9999}
    quiet = {"HTTP_X_REQUESTED_WITH": "XMLHttpRequest"}
    assert client.post(address, typed, **quiet).json()["version"] == 1
    late = client.post(address, typed, **quiet)
    assert (late.status_code, late.json()["version"]) == (409, 1)
    assert ImportReview.objects.get().typed == {"u0-title": ["清洗员"]}


def test_the_buttons_are_ordinary_buttons(review, client):
    page = client.get(
        reverse("positions_import_review", args=[ImportedText.objects.get().uuid])
    ).content.decode()
    assert 'name="change" value="merge:u1"' in page
    assert f'name="change" value="split:u0:{duty_place(0, 1)}"' in page
    assert page.index('class="remit-review__enter"') < page.index('name="change"')
