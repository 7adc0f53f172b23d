"""``REMIT_EMAIL_URL``: where mails go."""

from __future__ import annotations

import pytest

from backoffice.settings import environment

SMTP = "django.core.mail.backends.smtp.EmailBackend"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://anna:p%40ss@mail.example.cn:587", ("mail.example.cn", 587, "anna", "p@ss", True, False)),
        ("smtps://mail.example.cn", ("mail.example.cn", 465, "", "", False, True)),
        ("smtp://relay", ("relay", 25, "", "", False, False)),
    ],
)
def test_the_address_of_the_mail_server_is_read(
    monkeypatch: pytest.MonkeyPatch, url: str, expected: tuple[object, ...]
) -> None:
    monkeypatch.setenv("REMIT_EMAIL_URL", url)
    found = environment.mail()
    names = ("HOST", "PORT", "HOST_USER", "HOST_PASSWORD", "USE_TLS", "USE_SSL")
    assert tuple(found[f"EMAIL_{name}"] for name in names) == expected
    assert found["EMAIL_BACKEND"] == SMTP


def test_without_an_address_mails_stay_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REMIT_EMAIL_URL", raising=False)
    assert environment.mail() == {}


@pytest.mark.parametrize("url", ["mail.example.cn", "http://mail.example.cn", "smtp://", "smtp://host:no"])
def test_what_is_no_address_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("REMIT_EMAIL_URL", url)
    with pytest.raises(SystemExit, match="REMIT_EMAIL_URL"):
        environment.mail()
