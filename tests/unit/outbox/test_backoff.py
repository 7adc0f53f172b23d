"""How long a failed effect waits."""

from __future__ import annotations

import datetime

import pytest

from foundation.outbox.mail import message_id
from foundation.outbox.services import handles, retry_after


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, 10), (2, 20), (3, 40), (8, 1280), (9, 2560), (10, 3600), (10_000, 3600)]
)
def test_each_attempt_waits_twice_as_long_at_most_an_hour(attempts, seconds):
    assert retry_after(attempts) == datetime.timedelta(seconds=seconds)


def test_a_message_id_comes_from_the_key_and_hides_it(settings):
    settings.DEFAULT_FROM_EMAIL = "Remit <remit@cars.example.cn>"
    first, again, other = (message_id(key) for key in ("case:1:closed", "case:1:closed", "case:2:closed"))
    assert first == again != other
    assert "case" not in first
    assert first.endswith("@cars.example.cn>")


def test_a_kind_has_one_handler():
    handles("test-one-handler")(print)
    handles("test-one-handler")(print)
    with pytest.raises(ValueError, match="test-one-handler"):
        handles("test-one-handler")(repr)
