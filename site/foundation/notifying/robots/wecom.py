"""WeCom (企业微信群机器人): key in the address, no signature, 20 messages a minute, texts of 2,048 bytes.

Source: the documentation of group robots, document 91770 of developer.work.weixin.qq.com. Its answer is always 200 with
``errcode``: 0, 45009 (too many), 93000 (no such robot), -1 (busy), others for what it cannot read.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from foundation.notifying.robots.base import Adapter, Failed, Limit, Outgoing, cut, later, refused

LONGEST = 2048
TOO_MANY, BUSY = {45009, 45033}, {-1}


def compose(url: str, secret: str, text: str, now: datetime.datetime) -> Outgoing:
    """Return the message as WeCom takes it."""
    return Outgoing(url, {"msgtype": "text", "text": {"content": cut(text, LONGEST)}})


def judge(answer: Mapping[str, Any]) -> None:
    """Say what an answer means."""
    code, words = answer.get("errcode"), answer.get("errmsg", "")
    if code == 0:
        return
    if code in TOO_MANY:
        raise later("WeCom", code, words, 60)
    if code in BUSY or code is None:
        raise Failed(f"WeCom {code}: {words}")
    raise refused("WeCom", code, words)


ADAPTER = Adapter(
    "wecom",
    _("WeCom"),
    "qyapi.weixin.qq.com",
    "/cgi-bin/webhook/send?key=",
    (Limit(20, 60),),
    LONGEST,
    compose,
    judge,
)
