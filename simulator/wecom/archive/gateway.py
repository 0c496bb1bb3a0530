"""Lets Tencent's own archive library reach the simulator (api.md 13.3).

The library has its host fixed and takes a proxy: it sends CONNECT qyapi.weixin.qq.com:443. This
answers, ends the TLS with a certificate made for that name, and hands the clear bytes on to the
simulator. The library checks the name in the certificate and not the chain.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

WECOM_HOST = "qyapi.weixin.qq.com"
HEAD_CAP = 16 * 1024
PIECE = 64 * 1024


@asynccontextmanager
async def gateway(
    upstream: tuple[str, int], *, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[str]:
    """A CONNECT proxy for the library in the running event loop; yields its URL.

    ``upstream`` is host and port of a served simulator.
    """
    context = server_context()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            await _connect(reader, writer, context, upstream)
        writer.close()

    server = await asyncio.start_server(serve, host, port, limit=HEAD_CAP)
    try:
        yield f"http://{host}:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()


def server_context() -> ssl.SSLContext:
    """TLS for qyapi.weixin.qq.com with a certificate that signs itself."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, WECOM_HOST)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(WECOM_HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "gateway.pem"
        file.write_bytes(pem)
        context.load_cert_chain(file)
    return context


async def _connect(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    context: ssl.SSLContext,
    upstream: tuple[str, int],
) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    asked = head.split(b"\r\n", 1)[0]
    if not asked.startswith(f"CONNECT {WECOM_HOST}:443 ".encode()):
        writer.write(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")
        await writer.drain()
        return
    writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
    await writer.drain()
    await writer.start_tls(context)
    there, onward = await asyncio.open_connection(*upstream)
    try:
        pumps = [
            asyncio.create_task(_pump(reader, onward)),
            asyncio.create_task(_pump(there, writer)),
        ]
        _, waiting = await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for pump in waiting:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
    finally:
        onward.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(PIECE):
        writer.write(piece)
        await writer.drain()
