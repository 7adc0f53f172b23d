"""DingTalk (钉钉自定义机器人): token in the address, a signature beside it, 20 messages a minute.

Source: custom robot access and security settings of open.dingtalk.com. The signature is the HMAC-SHA256 of
``<milliseconds>\\n<secret>`` under the secret, in base64. Answers are 200 with ``errcode``: 0, 130101 and 410100 (too
many), 310000 (signature, keyword or address refused), 300001 and 400101 (no such token), -1 (busy).
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as _

from foundation.notifying.robots.base import Adapter, Failed, Limit, Outgoing, cut, later, refused

LONGEST = 18_000
TOO_MANY, BUSY = {130101, 410100}, {-1}
SILENCE = 600
"""Whoever was too fast is not heard for ten minutes."""


def sign(secret: str, milliseconds: int) -> str:
    """Return the signature of one moment."""
    said = f"{milliseconds}\n{secret}".encode()
    return base64.b64encode(hmac.new(secret.encode(), said, hashlib.sha256).digest()).decode()


def compose(url: str, secret: str, text: str, now: datetime.datetime) -> Outgoing:
    """Return the message as DingTalk takes it, signed where the robot has a secret."""
    if secret:
        moment = int(now.timestamp() * 1000)
        url = f"{url}&{urlencode({'timestamp': moment, 'sign': sign(secret, moment)})}"
    return Outgoing(url, {"msgtype": "text", "text": {"content": cut(text, LONGEST)}})


def judge(answer: Mapping[str, Any]) -> None:
    """Say what an answer means."""
    code, words = answer.get("errcode"), answer.get("errmsg", "")
    if code == 0:
        return
    if code in TOO_MANY:
        raise later("DingTalk", code, words, SILENCE)
    if code in BUSY or code is None:
        raise Failed(f"DingTalk {code}: {words}")
    raise refused("DingTalk", code, words)


ADAPTER = Adapter(
    "dingtalk",
    _("DingTalk"),
    "oapi.dingtalk.com",
    "/robot/send?access_token=",
    (Limit(20, 60),),
    LONGEST,
    compose,
    judge,
    signs=True,
)
