"""The way out to an address somebody typed in: https to hosts of a list, to public addresses, once, briefly, little.

The name is looked up here and the connection goes to the address that was looked at, so a name that answers otherwise
a moment later (DNS rebinding) leads nowhere else; the certificate is still asked for the name. No redirect is followed,
no proxy of the environment is used, no cookie is kept.
"""

from __future__ import annotations

import datetime
import ipaddress
import json
import re
import socket
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import urllib3
from django.conf import settings
from django.utils.translation import gettext as _

from foundation.notifying.robots.base import Failed, Outgoing
from foundation.outbox.services import Later, Refused

CONNECT_SECONDS, READ_SECONDS = 5.0, 10.0
MOST_SENT, MOST_READ = 20 * 1024, 64 * 1024
TOO_MANY = 429
LONGEST_WAIT = 3600


class AddressRefused(ValueError):
    """The address is none that a robot may have; ``str()`` is a sentence for whoever typed it."""


def check_address(url: str) -> tuple[str, int]:
    """Return host and port of an address that is in order. Raises ``AddressRefused``."""
    if len(url) > 2000 or re.search(r"[\s\x00-\x1f\x7f\\]", url):
        raise AddressRefused(_("The address holds blanks or control characters."))
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port or 443
    except ValueError:
        raise AddressRefused(_("This is no address. It begins with https://.")) from None
    if parts.scheme != "https":
        raise AddressRefused(_("The address must begin with https://."))
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise AddressRefused(
            _("The address holds a name, a password or a fragment; copy it again from the service.")
        )
    allowed = {name.lower() for name in settings.ROBOT_HOSTS}
    if f"{host}:{port}" not in allowed and not (port == 443 and host in allowed):
        raise AddressRefused(
            _("Robots may live at %(hosts)s only, not at “%(host)s”.")
            % {"hosts": ", ".join(sorted(allowed)), "host": host}
        )
    return host, port


def addresses_of(host: str, port: int) -> list[str]:
    """Return the network addresses of ``host`` that may be spoken to. Raises ``Refused`` when any may not, ``Failed``
    when the name is not known now.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Failed(f"{host} was not found: {error}") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        if not _may_be_spoken_to(address):
            raise Refused(f"{host} leads to {address}, an address inside the house")
    return addresses


def _may_be_spoken_to(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        elif ip.sixtofour is not None or ip.teredo is not None:
            return False
    if any(ip in ipaddress.ip_network(net) for net in settings.ROBOT_NETWORKS):
        return True
    return ip.is_global and not ip.is_multicast


def post(message: Outgoing) -> Mapping[str, Any]:
    """Post the message and return the answer, a JSON object.

    Raises ``Refused`` for an address that may not be spoken to, for too much, and for 4xx; ``Later`` for 429;
    ``Failed`` for 5xx, silence and what cannot be read.
    """
    try:
        host, port = check_address(message.url)
    except AddressRefused as wrong:
        raise Refused(str(wrong)) from wrong
    body = json.dumps(message.body, ensure_ascii=False).encode()
    if len(body) > MOST_SENT:
        raise Refused(f"the message has {len(body)} bytes, more than {MOST_SENT}")
    parts = urlsplit(message.url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    pool = urllib3.HTTPSConnectionPool(
        addresses_of(host, port)[0],
        port,
        server_hostname=host,
        assert_hostname=host,
        cert_reqs="CERT_REQUIRED",
        ca_certs=settings.ROBOT_CA_FILE or None,
        timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
        retries=False,
    )
    name = host if port == 443 else f"{host}:{port}"
    headers = {"Host": name, "Content-Type": "application/json; charset=utf-8", "User-Agent": "Remit"}
    try:
        answer = pool.urlopen(
            "POST",
            path,
            body=body,
            headers=headers,
            redirect=False,
            preload_content=False,
            assert_same_host=False,
        )
        raw = answer.read(MOST_READ + 1, decode_content=False)
        status, after = answer.status, answer.headers.get("Retry-After", "")
    except urllib3.exceptions.HTTPError as error:
        # The address holds the key of the robot, and urllib3 quotes it: only the kind of fault is kept.
        raise Failed(f"{host} did not answer: {type(error).__name__}") from None
    finally:
        pool.close()
    return _read(host, status, after, raw)


def _read(host: str, status: int, after: str, raw: bytes) -> Mapping[str, Any]:
    if status == TOO_MANY:
        seconds = int(after) if after.isdigit() else 60
        raise Later(datetime.timedelta(seconds=min(max(seconds, 1), LONGEST_WAIT)), f"{host} 429: too many")
    if status >= 500:
        raise Failed(f"{host} {status}")
    if status != 200 and not 400 <= status < 500:
        raise Refused(f"{host} {status}: leads elsewhere, which is not followed")
    if len(raw) > MOST_READ:
        raise Failed(f"{host} answered with more than {MOST_READ} bytes")
    try:
        answer = json.loads(raw)
    except ValueError:
        answer = None
    if not isinstance(answer, Mapping):
        if status != 200:
            raise Refused(f"{host} {status}")
        raise Failed(f"{host} answered something else than JSON")
    return answer
