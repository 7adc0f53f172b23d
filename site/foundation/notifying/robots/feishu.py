"""Feishu (飞书自定义机器人): token in the path, signature in the body, 100 messages a minute and 5 a second, 20 KB.

Source: the guide to custom bots of open.feishu.cn. The signature is the HMAC-SHA256 of nothing under the key
``<seconds>\\n<secret>``, in base64. Answers carry ``code``: 0, 11232 (too many; also under load at full hours), 9499
(not understood, or too many), 19021 (signature), 19022 (address), 19024 (keyword), 19001 (no such robot).
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from foundation.notifying.robots.base import Adapter, Failed, Limit, Outgoing, cut, later, refused

LONGEST = 18_000
TOO_MANY, NOT_UNDERSTOOD = {11232, 99991400}, 9499


def sign(secret: str, seconds: int) -> str:
    """Return the signature of one moment."""
    return base64.b64encode(hmac.new(f"{seconds}\n{secret}".encode(), b"", hashlib.sha256).digest()).decode()


def compose(url: str, secret: str, text: str, now: datetime.datetime) -> Outgoing:
    """Return the message as Feishu takes it, signed where the robot has a secret."""
    body: dict[str, Any] = {"msg_type": "text", "content": {"text": cut(text, LONGEST)}}
    if secret:
        moment = int(now.timestamp())
        body |= {"timestamp": str(moment), "sign": sign(secret, moment)}
    return Outgoing(url, body)


def judge(answer: Mapping[str, Any]) -> None:
    """Say what an answer means. Older robots say ``StatusCode`` in place of ``code``."""
    code = answer.get("code", answer.get("StatusCode"))
    words = answer.get("msg", answer.get("StatusMessage", ""))
    if code == 0:
        return
    if code in TOO_MANY or (code == NOT_UNDERSTOOD and "too many" in str(words).lower()):
        raise later("Feishu", code, words, 60)
    if code is None:
        raise Failed(f"Feishu {code}: {words}")
    raise refused("Feishu", code, words)


ADAPTER = Adapter(
    "feishu",
    _("Feishu"),
    "open.feishu.cn",
    "/open-apis/bot/v2/hook/",
    (Limit(5, 1), Limit(100, 60)),
    LONGEST,
    compose,
    judge,
    signs=True,
)
