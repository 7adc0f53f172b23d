"""Building a workflow over HTTP, without script: states, steps, approvals, questions, trials; published, and walked."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from backoffice.studio.models import WorkflowPublishing
from forms.models import PublicationRequest, WorkingCopy
from forms.outline import Thing, tree_of
from forms.services import working as service
from foundation.audit.queries import events_for_streams
from foundation.editions.models import Edition
from foundation.editions.queries import newest
from foundation.editions.services import publish
from foundation.organisation.models import User
from tests.factories.chains import (
    act,
    chain_body,
    form_body,
    open_one,
    publish_all,
    state,
    step,
    text,
)
from tests.factories.editor import SCRIPT, Editor
from tests.factories.organisation import bind_role, make_group, make_user, make_user_with_roles
from workflows.models import Case
from workflows.services.working import WORKFLOWS

pytestmark = pytest.mark.django_db


def editor_of(client: Client, key: str = "spending") -> Editor:
    return Editor(client, key, kind="workflow")


@pytest.fixture
def form(builder: User) -> Edition:
    return publish(kind=Edition.Kind.FORM, key="spending", body=form_body(), by=builder)


@pytest.fixture
def clerk() -> User:
    person = make_user("clerk-here")
    group = make_group()
    person.groups.add(group)
    bind_role("clerk", group)
    bind_role("submitter", "submitter")
    bind_role("administrator", make_group())
    return person


def begun(client: Client, **more: str) -> Editor:
    typed = {"title": "开支", "title_en": "Spending", "key": "", "form": "spending", "copy_of": "", **more}
    answer = client.post(reverse("studio_flow_new"), typed)
    assert answer.status_code == 302, answer.content.decode()
    return editor_of(client, answer["Location"].rstrip("/").rpartition("/")[2])


def publish_page(client: Client, key: str = "spending", **query: str) -> str:
    return client.get(reverse("studio_flow_publish", args=[key]), query).content.decode()


def published(client: Client, editor: Editor, **more: str) -> Any:
    posted = {
        "seen": editor.working.opened,
        "note": "第一版",
        "effective_from": timezone.localdate().isoformat(),
        "do": "publish",
        **more,
    }
    return client.post(reverse("studio_flow_publish", args=[editor.key]), posted)


def test_a_workflow_is_built_from_nothing_published_and_walked(
    browser: Client, form: Edition, clerk: User
) -> None:
    editor = begun(browser)
    assert editor.key == "spending"
    assert editor.working.body["subject"] == ["amount"]
    editor.at = "state:received"
    editor.press("add:state")
    assert editor.at == "state:state_1"
    editor.press("save", **{"p.title.zh-hans": "核对中", "p.title.en": "Being checked"})
    assert editor.at == "state:being_checked"  # the id follows the title until it is published
    editor.at = "step:finish"
    editor.press("save", **{"p.source": ["being_checked"], "p.roles": ["clerk"]})
    editor.at = "state:received"
    editor.press("add:step")
    editor.press(
        "save",
        **{
            "p.title.zh-hans": "核对",
            "p.title.en": "Check",
            "p.target": "being_checked",
            "p.roles": ["clerk"],
        },
    )
    assert editor.at == "step:check"
    editor.press("add:field:text")
    editor.press("save", **{"p.label.zh-hans": "备注", "p.label.en": "Remark", "p.required": "1"})
    assert editor.at == "field:remark"
    assert editor.said("step:check")["source"] == ["received"]
    assert [one["id"] for one in editor.working.body["transitions"][1]["asks"]] == ["remark"]
    editor.at = "step:finish"
    editor.press("rows:add:p.guard")
    editor.press(
        "save",
        **{
            "p.guard.rows": ["new0"],
            "p.guard.new0.field": "amount",
            "p.guard.new0.operator": "at_least",
            "p.guard.new0.value": "10",
            "p.guard_message.zh-hans": "金额太小",
        },
    )
    assert editor.said()["guard"] == "amount >= 10"
    page = editor.page()
    assert 'data-state="being_checked"' in page  # drawn beside it
    answer = published(browser, editor)
    assert answer.status_code == 302, answer.content.decode()
    edition = newest(Edition.Kind.WORKFLOW, "spending")
    assert edition is not None
    assert edition.number == 1
    case = open_one(clerk)
    case = act(case, "check", clerk, answers={"remark": ["好"]})
    case = act(case, "finish", clerk)
    assert case.state == "done"


def test_a_clock_is_added_follows_the_new_id_of_a_state_and_is_published(
    browser: Client, form: Edition, clerk: User
) -> None:
    editor = begun(browser)
    editor.at = "step:finish"
    editor.press("save", **{"p.roles": ["clerk"]})
    editor.press("add:clock")
    assert editor.at == "clock:clock_1"
    assert (editor.said()["begins"], editor.said()["ends"]) == (["received"], ["done"])
    editor.press(
        "save", **{"p.title.zh-hans": "答复时限", "p.title.en": "Time to answer", "p.kind": "response"}
    )
    assert editor.at == "clock:time_to_answer"
    with override("en"):
        assert "24 hours" in editor.page()
    editor.press("save", **{"p.promise.on": "on"})
    editor.press(
        "save", **{"p.promise.on": "on", "p.promise.to_words.zh-hans": "顾客", "p.promise.by": "actor"}
    )
    said = editor.said()["promise"]
    assert (said["to_words"]["zh-hans"], said["by"]) == ("顾客", "actor")
    with override("en"):
        shown = editor.page()
    assert "Nothing is promised: no target goes by a day or time" in shown
    assert "somebody from outside promises it to the house" in shown
    editor.press("save", **{"p.promise.on": []})
    assert editor.said().get("promise") is None
    editor.press("save", **{"p.ends": []})
    assert "never stops" in editor.page()
    editor.press("save", **{"p.ends": ["done"]})
    editor.at = "state:received"
    editor.press("id", id="taken")
    assert editor.said("clock:time_to_answer")["begins"] == ["taken"]
    assert published(browser, editor).status_code == 302
    case = open_one(clerk)
    (running,) = case.clocks.all()
    assert (running.clock, running.status) == ("time_to_answer", "running")


def test_what_was_removed_comes_back_with_undo_and_copies_have_questions_of_their_own(
    browser: Client, form: Edition
) -> None:
    editor = begun(browser)
    editor.at = "step:finish"
    editor.press("add:field:yes_no")
    question = editor.at
    editor.at = "step:finish"
    editor.press("copy")
    assert editor.at == "step:finish_2"
    ids = [[one["id"] for one in each.get("asks", [])] for each in editor.working.body["transitions"]]
    assert ids[0] != ids[1]
    editor.press("remove", script=True)
    assert len(editor.working.body["transitions"]) == 1
    editor.at = "workflow"
    editor.press(f"undo:{editor.working.version}")
    assert len(editor.working.body["transitions"]) == 2
    assert Thing.read(question) in tree_of(editor.working.body).own


def test_a_state_that_gets_another_id_is_called_so_wherever_it_is_named(
    browser: Client, form: Edition
) -> None:
    editor = begun(browser)
    editor.at = "state:done"
    editor.press("id", id="archived")
    assert editor.working.body["transitions"][0]["target"] == "archived"
    editor.at = "step:finish"
    editor.press("save", **{"p.assignment.mode": "keep"})
    editor.at = "state:received"
    editor.press("add:stage")
    editor.press("save", **{"p.approval.agreed": "archived"})
    editor.at = "state:archived"
    editor.press("id", id="closed")
    assert editor.working.body["states"][1]["approval"]["agreed"] == "closed"


def test_only_one_state_begins_and_an_approval_switched_off_asks_nothing(
    browser: Client, form: Edition
) -> None:
    editor = begun(browser)
    editor.at = "state:received"
    editor.press("add:stage")
    stage = editor.at
    editor.press("save", **{"p.initial": "1"})
    assert [one.get("initial", False) for one in editor.working.body["states"]] == [False, True, False]
    editor.at = stage
    editor.press("add:field:text")
    assert editor.working.body["states"][1]["approval"]["asks"]
    editor.at = stage
    posted = editor.fields_posted()
    posted.pop("p.approval.on")
    browser.post(editor.address, {**posted, "do": ["save"]})
    assert "approval" not in editor.working.body["states"][1]


def test_published_ids_stay(browser: Client, form: Edition) -> None:
    people = publish_all(chain_body(["boss"]))
    assert people
    editor = editor_of(browser)
    editor.at = "state:boss"
    assert 'name="id"' not in editor.page()
    posted = {**editor.fields_posted(), "id": ["other"], "do": ["id"]}
    assert browser.post(editor.address, posted).status_code == 409
    assert newest(Edition.Kind.WORKFLOW, "spending") is not None


def test_two_who_edit_one_workflow_lose_nothing(browser: Client, builder: User) -> None:
    publish_all(chain_body(["boss", "director"]))
    mine = editor_of(browser)
    mine.at = "state:boss"
    posted_mine = mine.fields_posted()
    other = make_user_with_roles("administrator")
    theirs = service.open_form(key="spending", by=other, of=WORKFLOWS)
    body = {**theirs.body, "states": [dict(one) for one in theirs.body["states"]]}
    body["states"][1] = {**body["states"][1], "title": text("总监审批")}
    body["states"][0] = {
        **body["states"][0],
        "approval": {**body["states"][0]["approval"], "remind_hours": 8},
    }
    service.save(key="spending", opened=theirs.version, body=body, by=other, of=WORKFLOWS)
    answer = browser.post(
        mine.address, {**posted_mine, "do": ["save"], "p.title.zh-hans": ["主管审批"]}, headers=SCRIPT
    )
    assert "Changes that somebody else has made meanwhile have been taken in." in answer.content.decode()
    states = {one["id"]: one for one in mine.working.body["states"]}
    assert states["boss"]["title"]["zh-hans"] == "主管审批"
    assert states["boss"]["approval"]["remind_hours"] == 8
    assert states["director"]["title"]["zh-hans"] == "总监审批"


def test_where_two_change_the_same_the_second_chooses(browser: Client) -> None:
    publish_all(chain_body(["boss", "director"]))
    mine = editor_of(browser)
    mine.at = "state:boss"
    posted = mine.fields_posted()
    other = make_user_with_roles("administrator")
    theirs = service.open_form(key="spending", by=other, of=WORKFLOWS)
    body = {**theirs.body, "states": [dict(one) for one in theirs.body["states"]]}
    body["states"][0] = {**body["states"][0], "title": text("他的")}
    service.save(key="spending", opened=theirs.version, body=body, by=other, of=WORKFLOWS)
    page = browser.post(
        mine.address, {**posted, "do": ["save"], "p.title.zh-hans": ["我的"]}, headers=SCRIPT
    ).content.decode()
    assert "我的" in page
    assert "他的" in page
    assert mine.working.body["states"][0]["title"]["zh-hans"] == "他的"
    assert mine.working.refused.get().wanted == "我的"


# --- faults ---------------------------------------------------------------------------------------------------------


def faulty_body() -> dict[str, Any]:
    """Return a workflow with 25 faults; ``FAULTS`` says where."""
    return {
        "key": "spending",
        "title": text("错误百出"),
        "form": "spending",
        "subject": ["nothing"],
        "states": [
            {**state("new"), "initial": True},
            {**state("again"), "initial": True},
            {
                **state("boss"),
                "approval": {
                    "roles": ["submitter", "nobody_one"],
                    "agreed": "nowhere",
                    "refused": "boss",
                    "returns_to": ["boss"],
                    "when": "amount >",
                    "asks": [{"id": "amount", "kind": "text", "label": text("重名")}],
                },
            },
            state("stuck"),
            {**state("done", "final"), "approval": {"roles": ["nobody_two"], "agreed": "gone"}},
        ],
        "transitions": [
            step(
                "go",
                ["new", "unknown"],
                "elsewhere",
                "nobody_three",
                guard="missing == 1",
                guard_message=text("否"),
            ),
            step("agreed", "new", "boss", "nobody_four", not_by=["never"]),
            step("quiet", "new", "boss"),
            step("robot", "new", "boss", by_itself=True),
            step(
                "give",
                "again",
                "done",
                "nobody_five",
                assignment={"mode": "turn", "skill": "no_skill"},
                opens=[{"workflow": "other", "fills": {"x": "no_source"}, "when": "1 +"}],
            ),
            step("name", "again", "done", "nobody_six", assignment={"mode": "field", "field": "amount"}),
        ],
        "identities": [{"id": "same", "title": text("同一事"), "fields": ["no_field"]}],
        "grades": [{"id": "grave", "title": text("严重"), "when": 'amount > "x"'}],
        "merged": "new",
        "access": {"sees": ["nobody_seven"]},
        "trials": [
            {
                "id": "first",
                "title": text("试算"),
                "submitter": "x",
                "typed": {"no_typed": "1"},
                "path": ["no_state"],
            }
        ],
    }


FAULTS = (
    "access.sees",
    "grades.grave.when",
    "identities.same.fields",
    "merged",
    "states",
    "states.boss.approval.agreed",
    "states.boss.approval.asks.amount",
    "states.boss.approval.refused",
    "states.boss.approval.returns_to",
    "states.boss.approval.roles",
    "states.boss.approval.when",
    "states.done.approval",
    "states.done.approval.agreed",
    "states.stuck",
    "subject",
    "transitions.agreed",
    "transitions.agreed.not_by",
    "transitions.give.assignment.roles",
    "transitions.give.assignment.skill",
    "transitions.give.opens.0.fills",
    "transitions.give.opens.0.when",
    "transitions.go.guard",
    "transitions.go.source",
    "transitions.go.target",
    "transitions.name.assignment.field",
    "transitions.quiet.roles",
    "transitions.robot.guard",
    "trials.first.path",
    "trials.first.typed",
)


def test_each_planted_fault_is_said_at_its_place_and_none_is_published(
    browser: Client, builder: User, form: Edition, tmp_path: Any
) -> None:
    with override("en"):
        body = faulty_body()
        service.begin(key="spending", body=body, by=builder, of=WORKFLOWS)
        editor = editor_of(browser)
        shown: dict[str, list[str]] = {}
        from backoffice.studio.flows.desk import FlowDesk

        desk = FlowDesk(editor.working, builder)
        for one in desk.problems:
            if one.severity == "error":
                shown.setdefault(one.path, []).append(one.message)
        assert len(FAULTS) >= 25
        assert set(FAULTS) <= set(shown)
        for place in FAULTS:  # each beside the part it concerns, and in the summary
            thing, _rest = desk.place_of(place)
            editor.at = str(thing)
            page = editor.page()
            properties = page[page.index("data-properties") :].split("</form>", 1)[0]
            for message in shown[place]:
                escaped = (
                    message.replace("“", "“")
                    .replace("'", "&#x27;")
                    .replace('"', "&quot;")
                    .replace("<", "&lt;")
                )
                escaped = escaped.replace(">", "&gt;")
                assert escaped in page, place
                assert re.sub(r"^Line \d+, column \d+: ", "", escaped) in properties, place
        # by screen
        assert 'value="publish"' not in publish_page(browser)
        assert published(browser, editor).status_code == 422
        # by the service
        with pytest.raises(Exception, match="faults and cannot be published"):
            service.publish_working(
                key="spending", seen=editor.working.version, by=builder, note="x", of=WORKFLOWS
            )
        # by a pack, from the command line
        from foundation.packs.reading import written

        (tmp_path / "workflows").mkdir()
        (tmp_path / "workflows" / "spending.yaml").write_text(written(body), encoding="utf-8")
        with pytest.raises(CommandError, match="cannot be published"):
            call_command("pack", "apply", str(tmp_path), by=builder.get_username())
    assert newest(Edition.Kind.WORKFLOW, "spending") is None


def test_what_is_not_well_formed_is_said_beside_its_part_too(
    browser: Client, builder: User, form: Edition
) -> None:
    editor = begun(browser)
    editor.at = "step:finish"
    editor.press("save", **{"p.title.zh-hans": "", "p.title.en": "", "p.weight": "soon"})
    editor.at = "step:finish"
    page = editor.page()
    properties = page[page.index("data-properties") :].split("</form>", 1)[0]
    assert "Write a whole number." in properties
    assert "The text in Chinese is missing; write it." in properties
    assert 'data-state="done"' in page  # and it is drawn all the same


# --- publishing -----------------------------------------------------------------------------------------------------


def chain_published() -> dict[str, list[User]]:
    return publish_all(chain_body(["boss"]))


def changed(editor: Editor) -> None:
    editor.at = "state:boss"
    editor.press("save", **{"p.title.zh-hans": "老板审批", "p.title.en": "The boss"})


def test_the_page_says_in_words_what_changes_and_what_it_touches(browser: Client) -> None:
    chain_published()
    author = make_user()
    open_one(author)
    editor = editor_of(browser)
    changed(editor)
    editor.at = "state:boss"
    editor.press("save", **{"p.approval.rule": "all"})
    page = publish_page(browser)
    assert "How many must agree" in page
    assert "all: everybody agrees" in page
    assert "1 running case stays on the edition it was opened under." in page
    assert "edition 1, “boss”: 1" in page


def test_two_people_publish_where_the_house_wants_it(browser: Client, builder: User) -> None:
    chain_published()
    WorkflowPublishing.objects.update_or_create(pk=1, defaults={"second_person": True})
    editor = editor_of(browser)
    changed(editor)
    assert published(browser, editor).status_code == 302
    assert PublicationRequest.objects.get().by == builder
    assert Edition.objects.filter(kind=Edition.Kind.WORKFLOW).count() == 1
    own = browser.post(
        reverse("studio_flow_publish", args=["spending"]), {"do": "agree", "seen": editor.working.opened}
    )
    assert own.status_code == 422  # not by the one who asked
    second = make_user_with_roles("administrator")
    edition = service.publish_working(
        key="spending", seen=service.Opened.read(editor.working.opened), by=second, note="", of=WORKFLOWS
    )
    assert edition.number == 2
    assert edition.published_by == second
    told = {event.kind: event for event in events_for_streams(["working-workflow:spending"])}
    assert set(told) == {"publication_requested", "publication_agreed"}
    assert told["publication_agreed"].references["requested_by"] == builder.get_username()
    assert not PublicationRequest.objects.exists()


def test_a_change_after_the_request_needs_another_request(browser: Client) -> None:
    chain_published()
    WorkflowPublishing.objects.update_or_create(pk=1, defaults={"second_person": True})
    editor = editor_of(browser)
    changed(editor)
    published(browser, editor)
    editor.at = "state:boss"
    editor.press("save", **{"p.title.en": "Another"})
    second = make_user_with_roles("administrator")
    with pytest.raises(service.SecondPersonNeeded):
        service.publish_working(
            key="spending",
            seen=service.Opened.read(editor.working.opened),
            by=second,
            note="",
            of=WORKFLOWS,
        )


def test_a_request_is_declined_with_a_reason_on_record(browser: Client) -> None:
    chain_published()
    WorkflowPublishing.objects.update_or_create(pk=1, defaults={"second_person": True})
    editor = editor_of(browser)
    changed(editor)
    published(browser, editor)
    second = make_user_with_roles("administrator")
    service.decline_publication(key="spending", by=second, reason="金额未定", of=WORKFLOWS)
    assert not PublicationRequest.objects.exists()
    last = [*events_for_streams(["working-workflow:spending"])][-1]
    assert last.kind == "publication_declined"
    assert [change.after for change in last.changes] == ["金额未定"]


# --- trials ---------------------------------------------------------------------------------------------------------


def with_trial(path: list[str], submitter: str) -> dict[str, Any]:
    trial = {
        "id": "small",
        "title": text("小额"),
        "typed": {"amount": "50"},
        "submitter": submitter,
        "steps": [{"step": "agree"}],
        "path": path,
    }
    return {**chain_body(["boss"]), "trials": [trial]}


@pytest.mark.parametrize(("path", "passes"), [(["boss", "done"], True), (["boss", "refused"], False)])
def test_a_trial_runs_now_and_a_failing_one_stops_publishing(
    browser: Client, builder: User, path: list[str], passes: bool
) -> None:
    chain_published()
    author = make_user("somebody-else")
    working = service.open_form(key="spending", by=builder, of=WORKFLOWS)
    body = with_trial(path, author.username)
    service.save(key="spending", opened=working.version, body=body, by=builder, of=WORKFLOWS)
    page = browser.post(reverse("studio_flow_trials", args=["spending"])).content.decode()
    assert ("The case came through" not in page) == passes
    assert not Case.objects.exists()
    answer = published(browser, editor_of(browser))
    assert answer.status_code == (302 if passes else 422)
    if not passes:
        assert "小额 (small)" in answer.content.decode() or "small" in answer.content.decode()
        assert Edition.objects.filter(kind=Edition.Kind.WORKFLOW).count() == 1


def test_trials_are_typed_in_the_editor(browser: Client, form: Edition, clerk: User) -> None:
    editor = begun(browser)
    editor.press("add:trial")
    assert editor.at == "trial:trial_1"
    editor.press("rows:add:p.typed")
    editor.press("rows:add:p.path")
    editor.press("rows:add:p.path")
    editor.press("rows:add:p.steps")
    editor.press(
        "save",
        **{
            "p.title.zh-hans": "小额",
            "p.title.en": "Small",
            "p.submitter": clerk.username,
            "p.typed.0.key": "amount",
            "p.typed.0.value": "50",
            "p.path.1.name": "done",
            "p.steps.0.step": "finish",
        },
    )
    trial = editor.working.body["trials"][0]
    assert trial["id"] == "small"
    assert trial["typed"] == {"amount": "50"}
    assert trial["path"] == ["received", "done"]
    assert [one["step"] for one in trial["steps"]] == ["finish"]


def test_past_cases_are_replayed_on_the_page(browser: Client) -> None:
    people = chain_published()
    author = make_user()
    case = open_one(author)
    from tests.factories.chains import asks
    from workflows.services import approvals

    approvals.agree(asks(case, people["boss"][0]))
    editor = editor_of(browser)
    editor.at = "state:boss"
    editor.press("save", **{"p.approval.when.mode": "text", "p.approval.when": "amount > 1000"})
    page = publish_page(browser, replay="5")
    assert "The stage would have been passed over." in page
    assert case.number in page


# --- who ------------------------------------------------------------------------------------------------------------


def test_a_workflow_copied_from_another_keeps_its_parts_and_not_its_numbers(browser: Client) -> None:
    publish_all({**chain_body(["boss"]), "numbering": "KZ-{year}-{seq:05}"})
    editor = begun(browser, key="second", form="", copy_of="spending")
    assert [one["id"] for one in editor.working.body["states"]] == ["boss", "draft", "done", "refused"]
    assert "numbering" not in editor.working.body
    listed = browser.get(reverse("studio_flows")).content.decode()
    assert "second" in listed


def test_a_clerk_finds_no_workflow_to_build(form: Edition, clerk: User) -> None:
    client = Client()
    client.force_login(clerk)
    assert client.get(reverse("studio_flows")).status_code == 404
    assert not WorkingCopy.objects.exists()
