"""What stands around a case: why somebody has it, its grade, its family, cases about the same, orders, links."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from forms.models import Draft, Submission
from foundation.organisation.models import User
from tests.factories.chains import (
    act,
    fresh,
    open_one,
    publish_all,
    state,
    step,
    text,
    workflow_body,
)
from tests.factories.organisation import make_user
from workflows.models import Case, ChildOrder
from workflows.services import relations
from workflows.services.requests import Request

pytestmark = pytest.mark.django_db

PLATE = {"identities": [{"id": "plate", "title": text("同一车牌"), "fields": ["plate"]}]}


def signed_in(person: User, language: str = "en") -> Client:
    client = Client()
    client.force_login(person)
    client.cookies["django_language"] = language
    return client


def body(response: Any) -> str:
    return str(response.content.decode())


def page_of(case: Case) -> str:
    return reverse("casework:case", kwargs={"case_uuid": case.uuid})


def relations_of(case: Case) -> str:
    return reverse("casework:relations", kwargs={"case_uuid": case.uuid})


def sent(case: Case, **fields: str) -> dict[str, str]:
    return {"seen_version": str(fresh(case).version), "idempotency_key": uuid.uuid4().hex, **fields}


def house(**more: Any) -> dict[str, list[User]]:
    """A workflow in which an officer takes cases; the officer sees all, the clerk their own."""
    body_ = workflow_body(
        [state("new"), state("done", "final"), state("merged", "final")],
        [
            step("take", "new", "done", "officer", assignment={"mode": "actor"}),
        ],
        merged="merged",
        access={"sees": ["submitter", "officer"], "relates": ["officer"]},
        **{**PLATE, **more},
    )
    return publish_all(body_)


@pytest.mark.parametrize(
    ("assignment", "words"),
    [
        ({"mode": "actor"}, "took it themselves"),
        ({"mode": "submitter"}, "It is the matter of"),
        ({"mode": "turn", "roles": ["officer"]}, "It was the turn of"),
        ({"mode": "load", "roles": ["officer"]}, "had the fewest open cases: 0, of 1 who hold"),
    ],
)
def test_the_page_says_why_somebody_has_the_case(assignment: dict[str, Any], words: str) -> None:
    people = publish_all(
        workflow_body(
            [state("new"), state("taken"), state("done", "final")],
            [
                step("take", "new", "taken", "officer", assignment=assignment),
                step("finish", "taken", "done", "officer"),
            ],
            access={"sees": ["submitter", "officer"]},
        )
    )
    officer = people["officer"][0]
    case = act(open_one(make_user("clerk")), "take", officer)
    page = body(signed_in(officer).get(page_of(case)))
    assert words in page
    assert "It came with the step “take”." in page
    mine = "Why me?" if case.assignee_id == officer.pk else "Why they?"
    assert mine in page


def test_the_grade_stands_beside_the_state_and_in_lists() -> None:
    grades = [
        {"id": "grave", "title": text("重大"), "when": "amount > 1000", "tone": "danger"},
        {"id": "plain", "title": text("一般")},
    ]
    people = house(grades=grades)
    case = open_one(make_user("clerk"), amount=5000)
    client = signed_in(people["officer"][0])
    assert re.search(r"data-grade.*?chip--refused.*?重大", body(client.get(page_of(case))), re.DOTALL)
    assert "重大" in body(client.get("/inbox/"))


def test_cases_about_the_same_are_shown_as_far_as_one_may_see_them() -> None:
    people = house()
    clerk, other = make_user("clerk"), make_user("other")
    mine, theirs = open_one(clerk, plate="京A 12345"), open_one(other, plate="京a-12345")
    case, elsewhere = open_one(clerk, plate="京Ａ12345"), open_one(clerk, plate="沪B00001")
    page = body(signed_in(clerk).get(page_of(case))).partition('id="same"')[2]
    assert mine.number in page
    assert theirs.number not in page
    assert "One of them you may not see." in page
    assert elsewhere.number not in page
    seen_by_all = body(signed_in(people["officer"][0]).get(page_of(case)))
    assert (mine.number in seen_by_all, theirs.number in seen_by_all) == (True, True)
    assert "you may not see" not in seen_by_all


def test_cases_are_linked_and_the_link_is_taken_away_again() -> None:
    people = house()
    officer, clerk = people["officer"][0], make_user("clerk")
    case, other = open_one(clerk), open_one(clerk, note="漏油")
    client = signed_in(officer)
    found = body(client.get(relations_of(case), {"q": "漏油"}))
    assert str(other.uuid) in found
    client.post(relations_of(case), sent(case, do="repeat", other=str(other.uuid), reason="同一问题"))
    for one, there in ((case, other), (other, case)):
        page = body(client.get(page_of(one)))
        assert there.number in page
        assert "about the same again" in page
    assert other.number in body(client.get(relations_of(case)))
    client.post(relations_of(case), sent(case, do="unlink", other=str(other.uuid)))
    assert fresh(case).links == []


def test_a_case_is_merged_and_leads_to_the_other() -> None:
    people = house()
    clerk, client = make_user("clerk"), signed_in(people["officer"][0])
    case, other = open_one(clerk, plate="京A12345"), open_one(clerk, plate="京A12345")
    answer = client.post(relations_of(other), sent(other, do="merge", other=str(case.uuid)))
    assert answer["Location"] == page_of(case)
    assert fresh(other).state == "merged"
    assert "This case was merged into another one" in body(client.get(page_of(other)))
    assert "was merged into this one" in body(client.get(page_of(case)))


def test_a_case_split_off_begins_with_the_answers_and_says_where_it_came_from() -> None:
    people = house()
    officer = people["officer"][0]
    case = open_one(make_user("clerk"), note="两件事", amount=7)
    client = signed_in(officer)
    answer = client.post(relations_of(case), sent(case, do="split"), follow=True)
    assert 'value="7"' in body(answer)
    order = ChildOrder.objects.get(case=case)
    post = {"do": "submit", "page": "one", "asked": ["amount"], "f-amount": "9"}
    client.post(reverse("intake:draft", kwargs={"uuid": order.uuid}), post)
    child = Case.objects.get(submission__uuid=order.uuid)
    assert child.submission.answers["amount"] == 9
    assert child.number in body(client.get(page_of(case)))
    assert case.number in body(client.get(page_of(child)))


def test_linking_is_refused_in_words_and_strangers_find_nothing() -> None:
    people = house()
    officer, clerk, stranger = people["officer"][0], make_user("clerk"), make_user("stranger")
    case, hidden = open_one(clerk), open_one(clerk)
    post = sent(case, do="link", other=str(hidden.uuid))
    assert signed_in(stranger).get(relations_of(case)).status_code == 404
    assert signed_in(stranger).post(relations_of(case), post).status_code == 404
    assert (
        signed_in(clerk).post(relations_of(case), sent(case, do="link", other=str(hidden.uuid))).status_code
        == 403
    )
    assert signed_in(clerk).get(relations_of(case)).status_code == 302
    client = signed_in(officer)
    for fields in ({"do": "link"}, {"do": "link", "other": str(case.uuid)}, {"do": "link", "other": "x"}):
        assert client.post(relations_of(case), {**sent(case), **fields}).status_code == 422
    missing = client.post(relations_of(case), sent(case, do="link", other=str(uuid.uuid4()), reason="说明"))
    assert (missing.status_code, "说明" in body(missing)) == (422, True)
    stale = sent(case, do="link", other=str(hidden.uuid), reason="说明")
    relations.link(Request(case.uuid, officer, fresh(case).version, uuid.uuid4().hex), other=hidden.uuid)
    late = client.post(relations_of(case), stale)
    assert late.status_code == 409
    assert client.post(relations_of(case), sent(case, do="burn", other=str(hidden.uuid))).status_code == 404


def family() -> dict[str, list[User]]:
    child = workflow_body(
        [state("open"), state("settled", "final")],
        [step("settle", "open", "settled", "officer")],
        key="repair",
        access={"sees": ["submitter", "officer"]},
    )
    parent = workflow_body(
        [state("new"), state("waits", "waiting"), state("done", "final")],
        [
            step(
                "order_repair",
                "new",
                "waits",
                "officer",
                opens=[{"workflow": "repair", "fills": {"note": "note"}, "sets": {"amount": 3}}],
            ),
            step("finish", "waits", "done", "officer"),
        ],
        access={"sees": ["submitter", "officer"], "relates": ["officer"]},
    )
    return publish_all(child, parent)


def take_order(client: Client, case: Case) -> Any:
    address = reverse("casework:step", kwargs={"case_uuid": case.uuid, "step": "order_repair"})
    return client.post(address, sent(case))


def test_a_step_that_orders_a_case_leads_to_its_form_begun_with_what_is_known() -> None:
    people = family()
    officer = people["officer"][0]
    case, client = open_one(make_user("clerk"), note="换轮胎"), signed_in(officer)
    answer = take_order(client, case)
    order = ChildOrder.objects.get(case=case)
    assert answer["Location"] == reverse("intake:draft", kwargs={"uuid": order.uuid})
    form = body(client.get(answer["Location"]))
    assert ("换轮胎" in form, 'value="3"' in form) == (True, True)
    assert "Still to be opened" in body(client.get(page_of(case)))
    client.post(answer["Location"], {"do": "submit", "page": "one"})
    child = Case.objects.get(parent=case)
    assert child.submission.answers == {"amount": 3, "note": "换轮胎"}
    parent_page, child_page = body(client.get(page_of(case))), body(client.get(page_of(child)))
    assert child.number in parent_page
    assert "opened by this one" in parent_page
    assert "Still to be opened" not in parent_page
    assert case.number in child_page
    assert "opened this one" in child_page


def test_an_order_is_gone_on_with_by_somebody_else_only_when_nobody_has_begun_it() -> None:
    people = family()
    officer, second = people["officer"][0], make_user("second")
    second.groups.set(officer.groups.all())
    case = open_one(make_user("clerk"))
    take_order(signed_in(officer), case)
    order = ChildOrder.objects.get(case=case)
    address = reverse("casework:order", kwargs={"case_uuid": case.uuid, "order_uuid": order.uuid})
    told = body(signed_in(second).post(address, follow=True))
    assert "has begun to fill it in" in told
    assert Draft.objects.get(uuid=order.uuid).person == officer
    Draft.objects.all().delete()
    assert signed_in(second).post(address)["Location"].endswith(f"/requests/drafts/{order.uuid}/")
    assert signed_in(make_user("stranger")).post(address).status_code == 404


def test_an_order_is_dropped_with_a_reason_and_on_record() -> None:
    people = family()
    officer = people["officer"][0]
    case, client = open_one(make_user("clerk")), signed_in(officer)
    take_order(client, case)
    order = ChildOrder.objects.get(case=case)
    address = reverse("casework:order-drop", kwargs={"case_uuid": case.uuid, "order_uuid": order.uuid})
    assert "repair" in body(client.get(address))
    assert client.post(address, sent(case)).status_code == 422
    stale = {**sent(case, reason="顾客不修了"), "seen_version": "1"}
    late = client.post(address, stale)
    assert (late.status_code, "顾客不修了" in body(late)) == (409, True)
    assert client.post(address, sent(case, reason="顾客不修了")).status_code == 302
    page = body(client.get(page_of(case)))
    assert "Still to be opened" not in page
    assert "顾客不修了" in page
    assert client.get(address).status_code == 302


def test_the_diagram_shows_the_way_walked() -> None:
    people = house()
    case = act(open_one(make_user("clerk")), "take", people["officer"][0])
    page = body(signed_in(people["officer"][0]).get(page_of(case)))
    assert page.count("<svg xmlns") == 1
    assert "flow-line--walked" in page


def test_notes_are_written_and_read_on_the_page_of_the_case() -> None:
    people = house()
    clerk = make_user("clerk")
    case = open_one(clerk)
    post = {"key": uuid.uuid4().hex, "text": "顾客下午再来"}
    answer = signed_in(clerk).post(reverse("casework:note", kwargs={"case_uuid": case.uuid}), post)
    assert answer["Location"] == f"{page_of(case)}#comments"
    assert "顾客下午再来" in body(signed_in(people["officer"][0]).get(page_of(case)))


def test_the_queries_of_the_page_do_not_grow_with_what_belongs_to_the_case() -> None:
    people = house()
    officer, clerk = people["officer"][0], make_user("clerk")
    case, client = open_one(clerk, plate="京A12345"), signed_in(officer)
    found = []
    for number in range(2):
        for _more in range(1 + 3 * number):
            other = open_one(clerk, plate="京A12345")
            relations.link(
                Request(case.uuid, officer, fresh(case).version, uuid.uuid4().hex),
                other=other.uuid,
            )
        client.get(page_of(case))
        with CaptureQueriesContext(connection) as seen:
            client.get(page_of(case))
        found.append(len(seen))
    assert found[0] == found[1]


# --- before submitting -------------------------------------------------------------------------------------------


def begin(client: Client, plate: str) -> str:
    """Type into a new form and return the address of its draft."""
    draft = uuid.uuid4()
    address = reverse("intake:draft", kwargs={"uuid": draft})
    fields = {"form": "spending", "edition": "1", "page": "one", "asked": ["amount", "plate"]}
    client.post(address, {**fields, "f-amount": "5", "f-plate": plate, "do": "save"})
    return address


def mark_in(page: str) -> str:
    found = re.search(r'name="earlier" value="(\w+)"', page)
    assert found is not None
    return found[1]


def test_before_submitting_one_is_shown_earlier_cases_about_the_same() -> None:
    house()
    clerk, other = make_user("clerk"), make_user("other")
    mine, theirs = open_one(clerk, plate="京A12345"), open_one(other, plate="京A12345")
    client = signed_in(clerk)
    address = begin(client, "京A-12345")
    page = body(client.post(address, {"do": "submit", "page": "one"}))
    assert "There are 2 earlier cases about the same." in page
    assert mine.number in page
    assert theirs.number not in page
    assert "One of them you may not see." in page
    assert "Submit and add to" not in page  # whom the workflow does not let link cases
    assert Submission.objects.count() == 2
    open_one(other, plate="京A12345")
    again = client.post(address, {"do": "submit", "page": "one", "earlier": mark_in(page)})
    assert "There are 3 earlier cases" in body(again)
    done = client.post(address, {"do": "submit", "page": "one", "earlier": mark_in(body(again))})
    assert done.status_code == 302
    assert Case.objects.count() == 4


def test_another_matter_is_submitted_without_a_question() -> None:
    house()
    clerk = make_user("clerk")
    open_one(clerk, plate="京A12345")
    client = signed_in(clerk)
    assert client.post(begin(client, "沪B00001"), {"do": "submit", "page": "one"}).status_code == 302


def test_it_is_added_to_an_earlier_case_by_whoever_may_link() -> None:
    people = house()
    earlier = open_one(make_user("clerk"), plate="京A12345")
    client = signed_in(people["officer"][0])
    address = begin(client, "京A12345")
    page = body(client.post(address, {"do": "submit", "page": "one"}))
    assert f"Submit and add to {earlier.number}" in page
    post = {"do": "submit", "page": "one", "earlier": mark_in(page), "join": str(earlier.uuid)}
    assert client.post(address, post).status_code == 302
    case = Case.objects.order_by("-id")[0]
    assert case.links == [{"case": str(earlier.uuid), "kind": "repeat"}]


def test_what_cannot_be_linked_is_submitted_and_told() -> None:
    house()
    clerk = make_user("clerk")
    earlier = open_one(clerk, plate="京A12345")
    client = signed_in(clerk)
    address = begin(client, "京A12345")
    mark = mark_in(body(client.post(address, {"do": "submit", "page": "one"})))
    for join in (str(earlier.uuid),):
        post = {"do": "submit", "page": "one", "earlier": mark, "join": join}
        answer = client.post(address, post, follow=True)
        assert "It was submitted, but not linked" in body(answer)
    assert Case.objects.count() == 2
