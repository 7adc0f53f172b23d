"""A server on this machine that answers as the three services say they do, with a certificate of its own."""

from __future__ import annotations

import base64
import datetime
import hashlib
import hmac
import ipaddress
import json
import ssl
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

SECRET = "SEC-of-the-test"


@dataclass
class Services:
    """What was posted, and what is answered next: ``answers`` first, then as the service would."""

    port: int = 0
    ca_file: str = ""
    received: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def host(self) -> str:
        return f"localhost:{self.port}"

    def address(self, service: str, token: str = "good-token-1234") -> str:
        path = {
            "wecom": f"/cgi-bin/webhook/send?key={token}",
            "dingtalk": f"/robot/send?access_token={token}",
            "feishu": f"/open-apis/bot/v2/hook/{token}",
        }.get(service, "/")
        return f"https://{self.host}{path}"

    def answer(self, body: object, status: int = 200, **headers: str) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.answers.append((status, headers, raw))

    def texts(self) -> list[str]:
        return [
            body["text"]["content"] if "text" in body else body["content"]["text"]
            for _path, body in self.received
        ]


def wecom(path: str, body: dict[str, Any]) -> dict[str, Any]:
    """As document 91770 says."""
    if "good" not in path:
        return {"errcode": 93000, "errmsg": "invalid webhook url, hint: [1594]"}
    if body.get("msgtype") != "text" or len(body["text"]["content"].encode()) > 2048:
        return {"errcode": 40058, "errmsg": "markdown.content exceed max length 4096"}
    return {"errcode": 0, "errmsg": "ok"}


def dingtalk(path: str, body: dict[str, Any]) -> dict[str, Any]:
    """As the security settings say: the signature is asked for."""
    asked = parse_qs(urlsplit(path).query)
    if "good" not in asked["access_token"][0]:
        return {"errcode": 300001, "errmsg": "token is not exist"}
    moment = asked.get("timestamp", ["0"])[0]
    mac = hmac.new(SECRET.encode(), f"{moment}\n{SECRET}".encode(), hashlib.sha256)
    if asked.get("sign") != [base64.b64encode(mac.digest()).decode()]:
        return {"errcode": 310000, "errmsg": "sign not match, more: [https://ding-doc.dingtalk.com]"}
    return (
        {"errcode": 0, "errmsg": "ok"}
        if body.get("msgtype") == "text"
        else {"errcode": 40035, "errmsg": "no"}
    )


def feishu(path: str, body: dict[str, Any]) -> dict[str, Any]:
    """As the guide to custom bots says."""
    if "good" not in path:
        return {"code": 19001, "msg": "param invalid: incoming webhook access token invalid", "data": {}}
    key = f"{body.get('timestamp')}\n{SECRET}".encode()
    if body.get("sign") != base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode():
        return {"code": 19021, "msg": "sign match fail or timestamp is not within one hour from current time"}
    if body.get("msg_type") != "text":
        return {"code": 9499, "msg": "Bad Request", "data": {}}
    return {"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"}


def _answering(services: Services) -> type[BaseHTTPRequestHandler]:
    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            services.received.append((self.path, body))
            if services.answers:
                status, headers, raw = services.answers.pop(0)
            else:
                judge = next(
                    judge
                    for start, judge in (("/cgi-bin", wecom), ("/robot", dingtalk), ("/open-apis", feishu))
                    if self.path.startswith(start)
                )
                status, headers, raw = 200, {}, json.dumps(judge(self.path, body)).encode()
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    return Answering


def serve(folder: Path) -> tuple[Services, ThreadingHTTPServer]:
    """Serve on a free port of this machine, under https; the caller shuts it down."""
    services = Services()
    key, certificate = _certificate()
    (folder / "server.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    (folder / "ca.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    server = ThreadingHTTPServer(("127.0.0.1", 0), _answering(services))
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True)
    services.port, services.ca_file = server.server_address[1], str(folder / "ca.pem")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return services, server


def _certificate() -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=400))
        .not_valid_after(now + datetime.timedelta(days=3650))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    return key, certificate
