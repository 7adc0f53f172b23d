"""Publishing: numbers, hashes, refusals, and what the record says of it."""

import datetime

import pytest
from django.utils import translation

from foundation.audit.exceptions import KeyReused
from foundation.audit.queries import events_of
from foundation.editions.canonical import canonical, digest
from foundation.editions.exceptions import (
    BodyRefused,
    DatesReversed,
    EditionError,
    NothingChanged,
    UnknownKind,
)
from foundation.editions.models import Edition
from foundation.editions.queries import body_of, editions_of, newest
from foundation.editions.services import publish
from tests.factories.organisation import make_user

pytestmark = pytest.mark.django_db
TODAY = datetime.date(2026, 5, 6)


@pytest.fixture(autouse=True)
def _on_a_day_in_may(time_machine):
    time_machine.move_to("2026-05-06T23:30:00+08:00")


@pytest.fixture
def hr():
    return make_user("hr")


def publish_position(by, body, **fields):
    return publish(kind="position", key="service-adviser", body=body, by=by, **fields)


def test_an_edition_says_what_who_when_and_its_hash(hr):
    body = {"purpose": "接待", "duties": [{"id": "greet", "text": "迎客"}]}
    edition = publish_position(hr, body, note="首版")
    assert body_of(edition) == body
    assert bytes(edition.body) == canonical(body)
    assert edition.sha256 == digest(canonical(body))
    assert (edition.number, edition.effective_from, edition.effective_until) == (1, TODAY, None)
    assert (edition.published_by, edition.note) == (hr, "首版")


def test_numbers_follow_one_another_per_key(hr):
    numbers = [publish_position(hr, {"text": text}).number for text in "一二三"]
    other = publish(kind="position", key="front-desk", body={"text": "一"}, by=hr)
    same_key = publish(kind="form", key="service-adviser", body={"text": "一"}, by=hr)
    assert [*numbers, other.number, same_key.number] == [1, 2, 3, 1, 1]
    assert [edition.number for edition in editions_of("position", "service-adviser")] == [3, 2, 1]
    assert newest("position", "service-adviser").number == 3


def test_the_record_tells_each_difference(hr):
    publish_position(hr, {"duties": [{"id": "greet", "text": "迎客"}, {"id": "call", "text": "回访"}]})
    second = publish_position(
        hr,
        {"duties": [{"id": "call", "text": "三日内回访"}]},
        effective_from=datetime.date(2026, 6, 1),
        note="精简",
    )
    event = events_of("edition:position:service-adviser")[-1]
    assert (event.kind, event.version, event.actor_id) == ("edition_published", 2, hr.pk)
    assert event.edition_sha256 == second.sha256
    assert [(change.path, change.before, change.after) for change in event.changes] == [
        ("duties.greet", {"id": "greet", "text": "迎客"}, None),
        ("duties.call.text", "回访", "三日内回访"),
        ("@number", 1, 2),
        ("@effective_from", "2026-05-06", "2026-06-01"),
        ("@note", None, "精简"),
    ]


def test_a_path_too_long_for_the_record_is_cut_and_still_its_own(hr):
    ids = ["x" * 300 + "a", "x" * 300 + "b"]
    publish_position(hr, {"duties": [{"id": key} for key in ids]})
    publish_position(hr, {"duties": [{"id": key, "text": "新"} for key in ids]})
    paths = [change.path for change in events_of("edition:position:service-adviser")[-1].changes]
    assert len(set(paths)) == len(paths) == 3
    assert max(map(len, paths)) == 200


class TestRefusals:
    def test_the_same_again(self, hr):
        first = publish_position(hr, {"a": 1, "b": 2})
        with pytest.raises(NothingChanged) as refused:
            publish_position(hr, {"b": 2, "a": 1})
        assert refused.value.edition == first
        with translation.override("en"):
            assert str(NothingChanged(first)) == "Nothing was published: edition 1 says exactly the same."
        assert Edition.objects.count() == len(events_of("edition:position:service-adviser")) == 1

    def test_the_same_with_other_dates_is_a_correction(self, hr):
        publish_position(hr, {"a": 1})
        again = publish_position(hr, {"a": 1}, effective_from=datetime.date(2026, 6, 1))
        assert again.number == 2

    def test_what_was_said_before_the_newest_may_be_said_again(self, hr):
        assert [publish_position(hr, {"a": number}).number for number in (1, 2, 1)] == [1, 2, 3]

    def test_dates_the_wrong_way_round(self, hr):
        with pytest.raises(DatesReversed):
            publish_position(hr, {"a": 1}, effective_until=datetime.date(2026, 5, 5))

    @pytest.mark.parametrize("value", [0.5, TODAY, b"x", {1: "one"}, "\ud800"])
    def test_a_body_without_canonical_form(self, hr, value):
        with pytest.raises(BodyRefused, match=r"\$\.a"):
            publish_position(hr, {"a": value})

    def test_an_unknown_kind(self, hr):
        with pytest.raises(UnknownKind):
            publish(kind="poem", key="x", body={}, by=hr)

    def test_all_refusals_are_one_family(self):
        family = (NothingChanged, DatesReversed, BodyRefused, UnknownKind)
        assert all(issubclass(refusal, EditionError) for refusal in family)


class TestIdempotency:
    def test_the_same_request_twice_publishes_once(self, hr):
        first = publish_position(hr, {"a": 1}, idempotency_key="k")
        assert publish_position(hr, {"a": 1}, idempotency_key="k") == first
        assert Edition.objects.count() == 1

    def test_the_key_of_another_request_is_refused(self, hr):
        publish_position(hr, {"a": 1}, idempotency_key="k")
        with pytest.raises(KeyReused):
            publish_position(hr, {"a": 2}, idempotency_key="k")
