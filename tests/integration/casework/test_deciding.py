"""Decisions on screen: who may, what stays typed, what whoever came too late is shown, and what was changed after."""

from __future__ import annotations

import datetime
import re
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from forms.services import corrections
from foundation.audit.queries import events_of
from foundation.editions.models import Edition
from foundation.editions.services import publish
from foundation.organisation.models import User
from foundation.outbox.models import Message
from tests.factories.chains import (
    asks,
    chain_body,
    form_body,
    fresh,
    open_one,
    publish_all,
    stage,
    state,
    text,
    waiting,
    workflow_body,
)
from tests.factories.notifying import mails_written
from tests.factories.organisation import make_deputy, make_user
from workflows.content import seal_of
from workflows.models import Case
from workflows.services import approvals

pytestmark = pytest.mark.django_db
STAGES = ["manager", "accountant", "gm"]


@pytest.fixture
def clerk() -> User:
    return make_user("clerk", full_name="经办人")


@pytest.fixture
def chain(clerk: User) -> dict[str, User]:
    return {role: people[0] for role, people in publish_all(chain_body(STAGES)).items()}


def signed_in(person: User, language: str = "en") -> Client:
    client = Client()
    client.force_login(person)
    client.cookies["django_language"] = language
    return client


def url(case: Case, verb: str) -> str:
    return reverse("casework:decide", kwargs={"case_uuid": case.uuid, "verb": verb})


def page_of(case: Case) -> str:
    return reverse("casework:case", kwargs={"case_uuid": case.uuid})


def sent(case: Case, **fields: Any) -> dict[str, Any]:
    """Return what the page of a verb posts, as the case stands now."""
    now = fresh(case)
    names = {
        name.replace("_", "-") if name.startswith("do_") else name: value for name, value in fields.items()
    }
    return {
        "seen_version": str(now.version),
        "do-seen": seal_of(now),
        "idempotency_key": uuid.uuid4().hex,
        **names,
    }


def body(response: Any) -> str:
    return str(response.content.decode())


def offered(person: User, case: Case) -> set[str]:
    return set(re.findall(r'data-verb="([a-z-]+)"', body(signed_in(person).get(page_of(case)))))


def test_each_is_offered_what_is_theirs_and_nothing_else(chain: dict[str, User], clerk: User) -> None:
    case = open_one(clerk)
    everything = {"agree", "refuse", "send-back", "hand-over", "add-signer", "copy"}
    assert offered(chain["manager"], case) == everything
    assert offered(clerk, case) == {"withdraw", "remind", "copy"}
    assert offered(chain["auditor"], case) == {"remind"}
    assert signed_in(chain["gm"]).get(page_of(case)).status_code == 404


@pytest.mark.parametrize(
    "verb",
    ["agree", "refuse", "send-back", "hand-over", "add-signer", "copy", "remind", "withdraw", "ask-again"],
)
def test_strangers_find_no_case_and_others_are_told_that_it_is_not_theirs(
    chain: dict[str, User], clerk: User, verb: str
) -> None:
    case, stranger = open_one(clerk), make_user("stranger")
    fields = {
        "reason": "无理由",
        "do-person": str(stranger.uuid),
        "do-to": "draft",
        "do-people": [str(stranger.uuid)],
    }
    for method in ("get", "post"):
        assert getattr(signed_in(stranger), method)(url(case, verb), fields).status_code == 404
    if verb not in ("remind", "withdraw"):
        answer = signed_in(chain["auditor"]).post(url(case, verb), {**sent(case), **fields})
        assert answer.status_code == 403
        assert "无理由" in body(answer)
    assert fresh(case).version == case.version


def test_an_unknown_verb_is_not_there(chain: dict[str, User], clerk: User) -> None:
    assert signed_in(chain["manager"]).get(url(open_one(clerk), "approve-all")).status_code == 404


def test_agreeing_moves_the_case_and_shows_who_decided_when_and_about_what(
    chain: dict[str, User], clerk: User
) -> None:
    case = open_one(clerk)
    client = signed_in(chain["manager"])
    assert client.get(url(case, "agree")).status_code == 200
    seal = seal_of(fresh(case))
    answer = client.post(url(case, "agree"), sent(case, reason="同意采购"), follow=True)
    assert fresh(case).state == "accountant"
    page = body(answer)
    people = (chain["manager"].full_name_en, chain["accountant"].full_name_en)
    for words in ("Agreed", "同意采购", seal[:12], *people):
        assert words in page
    assert "Changed after this decision" not in page


def test_a_refusal_without_a_reason_says_so_and_with_one_ends_the_stage(
    chain: dict[str, User], clerk: User
) -> None:
    case = open_one(clerk)
    client = signed_in(chain["manager"])
    answer = client.post(url(case, "refuse"), sent(case))
    assert answer.status_code == 422
    assert 'href="#reason"' in body(answer)
    assert client.post(url(case, "refuse"), sent(case, reason="超预算")).status_code == 302
    assert fresh(case).state == "refused"


def test_sending_back_asks_where_to_and_whether_to_walk_again(chain: dict[str, User], clerk: User) -> None:
    case = open_one(clerk)
    approvals.agree(asks(case, chain["manager"]))
    client = signed_in(chain["accountant"])
    form = body(client.get(url(case, "send-back")))
    assert re.findall(r'<option value="(\w+)"', form) == ["draft", "manager"]
    answer = client.post(url(case, "send-back"), sent(case, reason="", do_to="manager", do_straight="yes"))
    assert answer.status_code == 422
    assert re.search(r'value="yes" checked', body(answer))
    assert re.search(r'value="manager" selected', body(answer))
    client.post(url(case, "send-back"), sent(case, reason="补发票", do_to="manager", do_straight="yes"))
    assert fresh(case).state == "manager"
    signed_in(chain["manager"]).post(url(case, "agree"), sent(case))
    assert fresh(case).state == "accountant"


def test_who_hands_over_can_follow_the_case_still(chain: dict[str, User], clerk: User) -> None:
    case, other = open_one(clerk), make_user("other", full_name_en="Taker")
    client = signed_in(chain["manager"])
    form = body(client.get(url(case, "hand-over")))
    assert str(other.uuid) in form
    assert str(clerk.uuid) not in form
    assert str(chain["manager"].uuid) not in form
    post = sent(case, do_person=str(other.uuid), reason="出差")
    answer = client.post(url(case, "hand-over"), post)
    assert (answer.status_code, answer["Location"]) == (302, page_of(case))
    assert waiting(case) == {other.pk}
    assert client.post(url(case, "hand-over"), post).status_code == 302
    assert fresh(case).version == 2
    assert "in place of" in body(signed_in(other).get(page_of(case)))


def test_nobody_chosen_keeps_the_words_and_points_at_the_field(chain: dict[str, User], clerk: User) -> None:
    case = open_one(clerk)
    for verb in ("hand-over", "add-signer"):
        answer = signed_in(chain["manager"]).post(url(case, verb), sent(case, reason="我出差了"))
        assert answer.status_code == 422
        assert "我出差了" in body(answer)
        assert 'href="#person"' in body(answer)
    answer = signed_in(chain["manager"]).post(url(case, "copy"), sent(case, reason="请知悉"))
    assert (answer.status_code, 'href="#people"' in body(answer)) == (422, True)


def test_a_signer_added_before_decides_first(chain: dict[str, User], clerk: User) -> None:
    case, other = open_one(clerk), make_user("other", full_name_en="Signer")
    client = signed_in(chain["manager"])
    client.post(url(case, "add-signer"), sent(case, do_person=str(other.uuid), do_side="before"))
    assert waiting(case) == {other.pk}
    page = body(signed_in(other).get(page_of(case)))
    assert "added before" in page
    signed_in(other).post(url(case, "agree"), sent(case))
    assert waiting(case) == {chain["manager"].pk}


def test_a_signer_added_after_decides_last(chain: dict[str, User], clerk: User) -> None:
    case, other = open_one(clerk), make_user("other")
    client = signed_in(chain["manager"])
    client.post(url(case, "add-signer"), sent(case, do_person=str(other.uuid), do_side="after"))
    client.post(url(case, "agree"), sent(case))
    assert (fresh(case).state, waiting(case)) == ("manager", {other.pk})


def test_those_copied_in_can_read_the_case(chain: dict[str, User], clerk: User) -> None:
    case, other = open_one(clerk), make_user("other", full_name_en="Copied Person")
    signed_in(clerk).post(url(case, "copy"), sent(case, do_people=[str(other.uuid)], reason="请知悉"))
    page = signed_in(other).get(page_of(case))
    assert page.status_code == 200
    assert "Copied Person" in body(page)
    assert offered(other, case) == {"remind"}


def test_reminding_says_when_the_next_one_can_be_sent(chain: dict[str, User], clerk: User) -> None:
    case = open_one(clerk)
    before = Message.objects.count()
    assert signed_in(clerk).post(url(case, "remind"), sent(case)).status_code == 302
    assert Message.objects.count() == before + 1
    page = body(signed_in(clerk).get(page_of(case)))
    assert "the next one can be sent from" in page
    answer = signed_in(clerk).post(url(case, "remind"), sent(case))
    assert answer.status_code == 422
    assert Message.objects.count() == before + 1


def test_the_mail_leads_to_the_page_of_the_case(chain: dict[str, User], clerk: User) -> None:
    case = open_one(clerk)
    told = mails_written(chain["manager"]).get()
    path = re.search(r"https?://[^/]+(/\S+)", told.payload["body"])
    assert path is not None
    assert signed_in(chain["manager"]).get(path[1]).status_code == 200
    assert path[1] == page_of(case)


def test_whose_matter_it_is_takes_it_back(chain: dict[str, User], clerk: User) -> None:
    case = open_one(clerk)
    assert signed_in(clerk).post(url(case, "withdraw"), sent(case, reason="填错了")).status_code == 302
    assert fresh(case).state == "draft"
    assert "withdraw" not in offered(clerk, case)


def test_a_deputy_decides_for_somebody_and_the_page_names_both(chain: dict[str, User], clerk: User) -> None:
    case, deputy = open_one(clerk), make_user("deputy", full_name="代理人", full_name_en="Deputy Person")
    make_deputy(principal=chain["manager"], deputy=deputy)
    before = body(signed_in(chain["auditor"]).get(page_of(case)))
    assert "Deputy Person can decide, acting for them" in before
    client = signed_in(deputy)
    assert f"You decide for {chain['manager'].full_name_en}" in body(client.get(url(case, "agree")))
    client.post(url(case, "agree"), sent(case))
    assert f"Deputy Person for {chain['manager'].full_name_en}" in body(
        signed_in(chain["auditor"]).get(page_of(case))
    )
    chinese = body(signed_in(chain["auditor"], "zh-hans").get(page_of(case)))
    assert "代理人" in chinese


def test_where_nobody_can_be_asked_the_page_says_what_to_do(clerk: User) -> None:
    people = publish_all(chain_body(["gm"]), people={"gm": []})
    case = open_one(clerk)
    page = body(signed_in(clerk).get(page_of(case)))
    assert "Nobody can be asked." in page
    client = signed_in(people["administrator"][0])
    assert client.get(page_of(case)).status_code == 404  # who gives decisions away must see the case, too


def test_somebody_who_gives_decisions_away_asks_anew_and_hands_over(clerk: User) -> None:
    body_ = chain_body(["gm"])
    body_["access"] = {"sees": ["submitter", "administrator"], "reassigns": ["administrator"]}
    people = publish_all(body_, people={"gm": [make_user("leaver")]})
    leaver, admin = people["gm"][0], people["administrator"][0]
    case = open_one(clerk)
    assert offered(admin, case) == {"hand-over", "remind"}
    form = body(signed_in(admin).get(url(case, "hand-over")))
    assert str(leaver.uuid) in form
    newcomer = make_user("newcomer")
    User.objects.filter(pk=leaver.pk).update(is_active=False)
    assert "ask-again" in offered(admin, case)
    nobody = signed_in(admin).post(url(case, "ask-again"), sent(case))
    assert nobody.status_code == 422
    newcomer.groups.set(leaver.groups.all())
    assert signed_in(admin).post(url(case, "ask-again"), sent(case)).status_code == 302
    assert waiting(case) == {newcomer.pk}
    other = make_user("other")
    post = sent(case, **{"do-person": str(other.uuid), "do-instead-of": str(newcomer.uuid), "reason": "请假"})
    assert signed_in(admin).post(url(case, "hand-over"), post).status_code == 302
    assert waiting(case) == {other.pk}


def asking_body() -> dict[str, Any]:
    questions = [{"id": "checked", "kind": "yes_no", "label": text("已核对发票"), "required": True}]
    return workflow_body(
        [
            stage("manager", "manager", "gm", asks=questions),
            stage("gm", "gm", "done"),
            state("done", "final"),
            state("refused", "final"),
        ]
    )


def test_the_questions_of_a_stage_are_answered_with_the_agreement(clerk: User) -> None:
    people = publish_all(asking_body())
    case, client = open_one(clerk), signed_in(people["manager"][0])
    assert "已核对发票" in body(client.get(url(case, "agree")))
    answer = client.post(url(case, "agree"), sent(case, reason="看过了"))
    assert answer.status_code == 422
    assert "看过了" in body(answer)
    assert client.post(url(case, "agree"), sent(case, checked="yes")).status_code == 302
    assert fresh(case).answers == {"checked": True}
    page = body(client.get(page_of(case)))
    assert "Added after this decision" in page
    assert "Changed after this decision" not in page


def correct(case: Case, by: User, **answers: Any) -> None:
    submission = fresh(case).submission
    corrections.correct(
        submission=submission,
        answers={**submission.answers, **answers},
        reason="金额写错",
        by=by,
        seen_revision=submission.revision,
        idempotency_key=uuid.uuid4().hex,
    )


def test_what_was_changed_after_a_decision_is_shown_beside_it(clerk: User) -> None:
    publish(
        kind=Edition.Kind.FORM,
        key="spending",
        body={**form_body(), "correction": {}},
        by=make_user("builder"),
    )
    chain = {role: people[0] for role, people in publish_all(chain_body(STAGES)).items()}
    case = open_one(clerk, amount=100)
    approvals.agree(asks(case, chain["manager"]))
    stale = sent(case)
    correct(case, clerk, amount=90000)
    page = body(signed_in(chain["auditor"]).get(page_of(case)))
    assert "Changed after this decision" in page
    assert re.search(r"<del[^>]*>.*?100</del>", page, re.DOTALL)
    assert re.search(r"<ins[^>]*>.*?90,?000</ins>", page, re.DOTALL)
    late = signed_in(chain["accountant"]).post(url(case, "agree"), {**stale, "reason": "可以"})
    assert late.status_code == 409
    shown = body(late)
    assert "可以" in shown
    assert "What the case says otherwise than you read" in shown
    assert re.search(r"<ins[^>]*>.*?90,?000</ins>", shown, re.DOTALL)
    assert fresh(case).state == "accountant"
    again = {**sent(case), "reason": "可以"}
    assert signed_in(chain["accountant"]).post(url(case, "agree"), again).status_code == 302


def test_who_comes_too_late_sees_what_happened_and_keeps_the_words(clerk: User) -> None:
    body_ = chain_body(["gm"])
    first, second = (
        make_user("first", full_name_en="First One"),
        make_user("second", full_name_en="Second One"),
    )
    publish_all(body_, people={"gm": [first, second]})
    case = open_one(clerk)
    late = sent(case, reason="我也同意")
    signed_in(first).post(url(case, "refuse"), sent(case, reason="不行"))
    answer = signed_in(second).post(url(case, "agree"), late)
    # The other one has ended it: to whoever is asked no longer and has not decided there is no such case.
    assert answer.status_code == 404
    assert fresh(case).state == "refused"


def test_the_other_of_two_who_must_both_agree_is_shown_what_the_first_did(clerk: User) -> None:
    chain_of_two = chain_body(["gm"])
    chain_of_two["states"][0]["approval"]["rule"] = "all"
    first, second = (
        make_user("first", full_name_en="First One"),
        make_user("second", full_name_en="Second One"),
    )
    publish_all(chain_of_two, people={"gm": [first, second]})
    case = open_one(clerk)
    late = sent(case, reason="我也同意")
    signed_in(first).post(url(case, "agree"), sent(case, reason="先同意"))
    answer = signed_in(second).post(url(case, "agree"), late)
    assert answer.status_code == 409
    assert ("我也同意" in body(answer), "先同意" in body(answer)) == (True, True)
    assert signed_in(second).post(url(case, "agree"), sent(case, reason="我也同意")).status_code == 302
    assert fresh(case).state == "done"


def test_the_same_page_sent_again_does_nothing_twice(chain: dict[str, User], clerk: User) -> None:
    case, client = open_one(clerk), signed_in(chain["manager"])
    post = sent(case, reason="同意")
    for _again in range(3):
        assert client.post(url(case, "agree"), post).status_code == 302
    assert [event.kind for event in events_of(case.stream)] == ["case_opened", "case_agreed"]
    other = client.post(url(case, "agree"), {**post, "reason": "换一句"})
    assert other.status_code == 422


def test_hostile_values_are_refused_in_words(chain: dict[str, User], clerk: User) -> None:
    case, client = open_one(clerk), signed_in(chain["manager"])
    hostile = {
        "seen_version": "٣",
        "do-seen": "\x00",
        "idempotency_key": "\x00" * 200,
        "reason": "\x00<script>",
    }
    assert client.post(url(case, "agree"), hostile).status_code == 409
    for fields in (
        {"do-person": "nobody"},
        {"do-person": "\x00"},
        {"do-people": ["x"] * 500},
        {"do-to": "gm" * 400, "reason": "x"},
    ):
        for verb in ("hand-over", "copy", "send-back"):
            assert client.post(url(case, verb), {**sent(case), **fields}).status_code in (422, 409)
    assert fresh(case).version == 1


def test_the_number_of_queries_does_not_grow_with_stages_and_people(clerk: User) -> None:
    small = chain_body(["one_a", "one_b"], key="small")
    large_names = [f"many_{number}" for number in range(8)]
    large = chain_body(large_names, key="large")
    people = publish_all(small, large)
    counts = []
    for key, names in (("small", ["one_a", "one_b"]), ("large", large_names)):
        case = open_one(clerk, key)
        for name in names[:-1]:
            approvals.agree(asks(case, people[name][0]))
        client = signed_in(people["auditor"][0])
        client.get(page_of(case))
        with CaptureQueriesContext(connection) as seen:
            assert client.get(page_of(case)).status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_a_reminder_long_ago_does_not_bar_the_next(chain: dict[str, User], clerk: User) -> None:
    case = open_one(clerk)
    approvals.remind(asks(case, clerk))
    assert approvals.next_reminder(fresh(case)) > timezone.now() + datetime.timedelta(hours=3)
