"""The auditor's page of a form: its editions, what was discarded, which drafts were taken along, its public links."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from forms import outline
from forms.outline import FIELD, Thing, tree_of
from forms.services import migration, public, retention
from forms.services import working as service
from tests.factories.forms import form_body, make_draft, text
from tests.factories.organisation import make_user_with_roles

pytestmark = pytest.mark.django_db


def test_everything_that_happened_to_a_form_stands_on_its_page(client: Client) -> None:
    builder = make_user_with_roles("form_builder", full_name="钱建表")
    auditor = make_user_with_roles("auditor", full_name="孙审计")
    service.begin(key="visit", body=form_body(key="visit", public={"per_hour": 5}), by=builder)
    first = service.publish_working(key="visit", seen=1, by=builder, note="为试点发布")
    make_draft(first, builder, subject="主题")
    working = service.look_at(key="visit", by=builder)
    changed = {**tree_of(working.body).own[Thing(FIELD, "note")], "label": text("说明", "Remark")}
    service.save(
        key="visit", opened=1, body=outline.changed(working.body, Thing(FIELD, "note"), changed), by=builder
    )
    service.publish_working(key="visit", seen=2, by=builder, note="改了叫法")
    migration.migrate(key="visit", renamed={}, by=builder)
    access, _token = public.open_access(form_key="visit", purpose="前台二维码", by=builder)
    public.revoke_access(access=access, by=builder)
    retention.place_hold(by=auditor, reason="诉讼中", form_key="visit")
    service.discard(key="visit", by=builder, reason="不再需要")
    service.begin(key="never", body=form_body(key="never"), by=builder)
    service.discard(key="never", by=builder, reason="写错了")

    client.force_login(auditor)
    client.cookies["django_language"] = "en"
    page = client.get(reverse("auditing:trail", kwargs={"kind": "forms", "key": "visit"})).content.decode()
    for words in (
        "Edition 1 published",
        "为试点发布",
        "Edition 2 published",
        "Remark · label.en",
        "改了叫法",
        "Open drafts taken along",
        "Public link made",
        "前台二维码",
        "Public link revoked",
        "Legal hold set",
        "诉讼中",
        "Changes of the working copy discarded",
        "不再需要",
        str(builder),
    ):
        assert words in page, words
    assert 'role="alert"' not in page
    gone = client.get(reverse("auditing:trail", kwargs={"kind": "forms", "key": "never"})).content.decode()
    assert "写错了" in gone
    found = client.get(reverse("auditing:search"), {"kind": "forms", "q": "visit"}).content.decode()
    assert reverse("auditing:trail", kwargs={"kind": "forms", "key": "visit"}) in found
    assert (
        client.get(reverse("auditing:trail", kwargs={"kind": "forms", "key": "nothing"})).status_code == 404
    )
    client.force_login(builder)
    assert client.get(reverse("auditing:trail", kwargs={"kind": "forms", "key": "visit"})).status_code == 404
