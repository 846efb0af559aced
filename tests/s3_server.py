"""A stand-in for an S3-compatible store: objects, parts, listings and deletions, as the protocol has them.

Source: docs.aws.amazon.com/AmazonS3/latest/API. Signatures are asked for, not computed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree as ET

from tests.standin import serving

KEY = "AKIDTESTS"


@dataclass
class Store:
    """What it holds, and how it misbehaves; tests change it as they like."""

    url: str = ""
    #: `/bucket/key` to content
    objects: dict[str, bytes] = field(default_factory=dict)
    #: parts of uploads under way, by upload
    parts: dict[str, dict[int, bytes]] = field(default_factory=dict)
    #: method and path of every request
    seen: list[tuple[str, str]] = field(default_factory=list)
    #: answered to everything, where it is no 0
    status: int = 0


class _Handler(BaseHTTPRequestHandler):
    store: Store
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        path, query = unquote(parts.path), parse_qs(parts.query, keep_blank_values=True)
        body = self._body()
        self.store.seen.append((self.command, path))
        is_signed = f"Credential={KEY}/" in self.headers.get("Authorization", "")
        if self.store.status or not is_signed:
            return self._say(self.store.status or 403, b"<Error><Code>AccessDenied</Code></Error>")
        answers = {"PUT": self._put, "POST": self._post, "DELETE": self._delete}
        return answers.get(self.command, self._get)(path, query, body)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _answer  # noqa: N815 - as http.server calls them

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            raw = b"".join(iter(self._chunk, b""))
        else:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return _unpacked(raw) if "aws-chunked" in self.headers.get("Content-Encoding", "") else raw

    def _chunk(self) -> bytes:
        size = int(self.rfile.readline().split(b";")[0], 16)
        chunk = self.rfile.read(size)
        self.rfile.readline()
        return chunk

    def _put(self, path: str, query: dict[str, list[str]], body: bytes) -> None:
        if "uploadId" in query:
            self.store.parts[query["uploadId"][0]][int(query["partNumber"][0])] = body
        else:
            self.store.objects[path] = body
        self._say(200, b"", ETag='"tag"')

    def _post(self, path: str, query: dict[str, list[str]], body: bytes) -> None:
        if "uploads" in query:
            upload = f"upload-{len(self.store.parts)}"
            self.store.parts[upload] = {}
            answer = f"<UploadId>{upload}</UploadId>"
            return self._say(
                200, f"<InitiateMultipartUploadResult>{answer}</InitiateMultipartUploadResult>".encode()
            )
        if "uploadId" in query:
            parts = self.store.parts.pop(query["uploadId"][0])
            self.store.objects[path] = b"".join(parts[number] for number in sorted(parts))
            return self._say(
                200, b"<CompleteMultipartUploadResult><ETag>tag</ETag></CompleteMultipartUploadResult>"
            )
        for one in ET.fromstring(body).iter():  # noqa: S314 - our own client wrote it
            if one.tag.endswith("Key"):
                self.store.objects.pop(f"{path.rstrip('/')}/{one.text}", None)
        return self._say(200, b"<DeleteResult></DeleteResult>")

    def _delete(self, path: str, query: dict[str, list[str]], body: bytes) -> None:
        del query, body
        self.store.objects.pop(path, None)
        self._say(204, b"")

    def _get(self, path: str, query: dict[str, list[str]], body: bytes) -> None:
        del body
        if "list-type" in query:
            return self._say(200, self._listing(path, query["prefix"][0]))
        found = self.store.objects.get(path)
        if found is None:
            return self._say(404, b"<Error><Code>NoSuchKey</Code></Error>")
        if asked := self.headers.get("Range"):
            first, last = (int(one) for one in asked.removeprefix("bytes=").split("-"))
            where = f"bytes {first}-{last}/{len(found)}"
            return self._say(206, found[first : last + 1], **{"Content-Range": where})
        return self._say(200, found)

    def _listing(self, bucket: str, prefix: str) -> bytes:
        start = f"{bucket.rstrip('/')}/"
        keys = [path.removeprefix(start) for path in self.store.objects]
        rows = "".join(
            f"<Contents><Key>{key}</Key><Size>{len(self.store.objects[start + key])}</Size></Contents>"
            for key in sorted(keys)
            if key.startswith(prefix)
        )
        count = rows.count("<Contents>")
        return (
            f"<ListBucketResult><IsTruncated>false</IsTruncated><KeyCount>{count}</KeyCount>{rows}"
            "</ListBucketResult>"
        ).encode()

    def _say(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        del args


def _unpacked(raw: bytes) -> bytes:
    """Return what an `aws-chunked` body carries: chunks by their size, then trailers."""
    content, at = bytearray(), 0
    while True:
        end = raw.index(b"\r\n", at)
        size = int(raw[at:end].split(b";")[0], 16)
        if size == 0:
            return bytes(content)
        content += raw[end + 2 : end + 2 + size]
        at = end + 2 + size + 2


@contextmanager
def s3_store() -> Iterator[Store]:
    """Serve a stand-in store on a port of its own."""
    found = Store()
    with serving(_Handler, store=found) as found.url:
        yield found
