"""What is sent out goes to a server whose certificate can be trusted, or not at all."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from csvapi import config
from csvapi.app import create_app
from csvapi.services import webhook_delivery
from tests.stack import environment


@pytest.fixture
def stranger(tmp_path: Path) -> Iterator[int]:
    """The port of a TLS server with the right name on a certificate that nobody but itself vouches for."""
    key, name = Ed25519PrivateKey.generate(), x509.Name([])
    at = datetime.now(UTC)
    own = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).add_extension(own, critical=True)
    made = made.not_valid_before(at - timedelta(days=1)).not_valid_after(at + timedelta(days=1))
    file = tmp_path / "pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.sign(key, None).public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                raw, _ = server.accept()
                with raw, suppress(OSError), context.wrap_socket(raw, server_side=True) as sock:
                    sock.recv(1000)
                    sock.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join(10)


def test_a_webhook_is_not_sent_to_a_server_that_nobody_vouches_for(stranger: int, tmp_path: Path) -> None:
    settings = environment(
        f"sqlite:///{tmp_path / 'db'}", "redis://127.0.0.1:9/0", tmp_path, CSVAPI_WEBHOOK_PRIVATE="on"
    )
    with create_app(config.load(settings)).app_context():
        answer = webhook_delivery.post(f"https://127.0.0.1:{stranger}/", b"a secret", {})
    assert answer.status == 0
    assert "certificate" in answer.detail.lower()
