"""A CONNECT proxy that ends TLS as qyapi.weixin.qq.com and asks an ASGI application instead.

For Tencent's library, whose host is fixed: it takes any certificate with the right name.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "qyapi.weixin.qq.com"


def server_context(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    both = folder / "qyapi.pem"
    both.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return context


@asynccontextmanager
async def proxy_to(app: Any, folder: Path) -> AsyncIterator[str]:
    """Yield the proxy's address; every request to it is answered by ``app``."""
    context = server_context(folder)
    transport = httpx.ASGITransport(app)

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await writer.drain()
        await writer.start_tls(context)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        # The library writes its Range header without a blank.
        pairs = (line.partition(":") for line in head[1:] if ":" in line)
        headers = {name: value.strip() for name, _, value in pairs}
        size = next((int(v) for k, v in headers.items() if k.lower() == "content-length"), 0)
        body = await reader.readexactly(size)
        method, target, _ = head[0].split(" ")
        async with httpx.AsyncClient(transport=transport, base_url=f"https://{HOST}") as client:
            wanted = {k: v for k, v in headers.items() if k.lower() in ("range", "content-type")}
            answer = await client.request(method, target, content=body, headers=wanted)
        out = [f"HTTP/1.1 {answer.status_code} OK", f"Content-Length: {len(answer.content)}"]
        if "content-range" in answer.headers:
            # The library knows this header in capitals only.
            out.append(f"CONTENT-RANGE: {answer.headers['content-range'].upper()}")
        writer.write("\r\n".join([*out, "", ""]).encode() + answer.content)
        await writer.drain()
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    server = await asyncio.start_server(one, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()
