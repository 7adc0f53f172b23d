"""A form is published again with everything changed: what was handed in keeps its words, drafts finish."""

from __future__ import annotations

import pytest

from forms.presentation import answered_groups, summary_of
from forms.revisions import revisions_of
from forms.schema import definition_of
from forms.services import corrections
from forms.services.submissions import save_draft, submit
from foundation.audit.verification import verify
from tests.factories.forms import choices, field, make_draft, make_form, make_submission, text
from tests.factories.organisation import make_user

pytestmark = pytest.mark.django_db
OPEN = {"correction": {"by": ["submitter"]}}


def test_renamed_removed_retyped_and_reordered_fields_change_no_old_submission() -> None:
    person = make_user()
    old = make_form(
        person,
        field("subject", required=True, label=text("事由", "Matter")),
        field("amount", label=text("金额（文字）", "Amount in words")),
        field("gone", label=text("旧题", "Old question")),
        field("way", "choice", options=choices("a", "b")),
        key="moving",
        summary=["subject"],
        **OPEN,
    )
    submission = make_submission(old, person, subject="一", amount="一百元", gone="还在", way="b")
    draft = make_draft(old, person, subject="草稿", gone="旧答案")
    new = make_form(
        person,
        field("way", "choice", options=choices("b", "c")),
        field("amount", "money", label=text("金额", "Amount")),
        field("subject", required=True, label=text("主题", "Subject")),
        field("fresh", required=True),
        key="moving",
        summary=["fresh"],
        **OPEN,
    )
    (group,) = answered_groups(
        definition_of(submission.edition),
        definition_of(submission.edition).pages[0],
        submission.answers,
        "zh-hans",
    )
    assert [(line.label, line.text) for line in group.lines] == [
        ("事由", "一"),
        ("金额（文字）", "一百元"),
        ("旧题", "还在"),
        ("题目 way", "选项 b"),
    ]
    assert summary_of(definition_of(submission.edition), submission.answers, "zh-hans") == "一"
    done = corrections.correct(
        submission=submission,
        answers={**submission.answers, "gone": "改了"},
        reason="更正旧题",
        by=person,
        seen_revision=1,
        idempotency_key="k",
    )
    assert (done.edition, revisions_of(done, "zh-hans")[-1].differences[0].label) == (old, "旧题")
    save_draft(uuid=draft.uuid, edition=new, typed={"gone": ["旧答案二"], "fresh": ["不在"]}, by=person)
    finished = submit(
        edition=draft.edition,
        answers={"subject": "草稿", "gone": "旧答案二", "fresh": "不在"},
        by=person,
        idempotency_key="d",
        draft=draft,
    )
    assert (finished.edition, finished.answers) == (old, {"subject": "草稿", "gone": "旧答案二"})
    assert verify().faults == []
