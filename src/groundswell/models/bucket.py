"""An S3-compatible bucket of version folders that many machines share, each under its digest.

The client is pyarrow's, which is here for Parquet anyway.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from groundswell.core.errors import BadArtefact, BadSettings, ModelStoreUnavailable
from groundswell.models.artefact import MANIFEST, read_manifest

if TYPE_CHECKING:
    from pyarrow.fs import S3FileSystem

SECONDS, CONNECT_SECONDS, TRIES = 30.0, 5.0, 3
"""Longest silence of the server, longest wait for a connection, and how often a request is tried."""
CHUNK = 4 * 1024 * 1024
OPTIONS = frozenset({"endpoint", "region"})


@dataclass(frozen=True)
class Bucket:
    """The bucket at `s3://BUCKET/FOLDER?endpoint=URL&region=NAME`.

    Who we are is found as every AWS client finds it (`AWS_ACCESS_KEY_ID` …, a role of the machine). Nothing in it is
    trusted: what is fetched must be what its digest says. Raises `BadSettings` for another address.
    """

    address: str

    def __post_init__(self) -> None:
        parts = urlsplit(self.address)
        options = dict(parse_qsl(parts.query))
        endpoint = options.get("endpoint", "https://x")
        if parts.scheme != "s3" or not parts.netloc or "@" in parts.netloc or options.keys() - OPTIONS:
            raise BadSettings(
                "GROUNDSWELL_MODEL_BUCKET must look like s3://BUCKET/FOLDER?endpoint=https://HOST&region=NAME."
            )
        if not endpoint.startswith(("http://", "https://")):
            raise BadSettings("The endpoint in GROUNDSWELL_MODEL_BUCKET must begin with https:// or http://.")

    def holds(self, digest: str) -> bool:
        """Tell whether the version of a digest is here as a whole; raises `ModelStoreUnavailable`."""
        with _said_plainly():
            return bool(self._files.get_file_info(self._path(digest, MANIFEST)).is_file)

    def put(self, digest: str, folder: Path) -> None:
        """Copy a checked version in, its manifest last: with that it is whole. Raises `ModelStoreUnavailable`."""
        if self.holds(digest):
            return
        for name in (*read_manifest(folder)["files"], MANIFEST):
            with _said_plainly():
                self._send(folder / name, self._path(digest, name))

    def fetch(self, digest: str, folder: Path) -> bool:
        """Copy the version of a digest into `folder`, not checked yet; False: it is not here.

        Raises `ModelStoreUnavailable`, or `BadArtefact` for a manifest that names what it may not.
        """
        if not self.holds(digest):
            return False
        with _said_plainly():
            self._receive(self._path(digest, MANIFEST), folder / MANIFEST)
        for name in read_manifest(folder)["files"]:
            with _said_plainly():
                self._receive(self._path(digest, name), folder / name)
        return True

    def remove(self, digest: str) -> None:
        """Forget the version of a digest, its manifest first; raises `ModelStoreUnavailable`."""
        if not self.holds(digest):
            return
        with _said_plainly():
            self._files.delete_file(self._path(digest, MANIFEST))
            self._files.delete_dir(self._path(digest))

    def _send(self, source: Path, target: str) -> None:
        with source.open("rb") as opened, self._files.open_output_stream(target) as out:
            while chunk := opened.read(CHUNK):
                out.write(chunk)

    def _receive(self, source: str, target: Path) -> None:
        with self._files.open_input_stream(source) as opened, target.open("wb") as out:
            while chunk := opened.read(CHUNK):
                out.write(chunk)

    def _path(self, digest: str, *name: str) -> str:
        parts = urlsplit(self.address)
        return "/".join((parts.netloc, *filter(None, parts.path.split("/")), f"sha256-{digest}", *name))

    @cached_property
    def _files(self) -> "S3FileSystem":
        """The client; imported when it is first wanted, for it is large."""
        from pyarrow.fs import AwsStandardS3RetryStrategy, S3FileSystem

        options = dict(parse_qsl(urlsplit(self.address).query))
        where: dict[str, Any] = {}
        if endpoint := options.get("endpoint"):
            scheme, _, host = endpoint.rstrip("/").partition("://")
            where = {"scheme": scheme, "endpoint_override": host}
        if region := options.get("region"):
            where["region"] = region
        return S3FileSystem(
            **where,
            request_timeout=SECONDS,
            connect_timeout=CONNECT_SECONDS,
            retry_strategy=AwsStandardS3RetryStrategy(max_attempts=TRIES),
        )


@contextmanager
def _said_plainly() -> Iterator[None]:
    """Turn what the client says into one sentence."""
    try:
        yield
    except BadArtefact:
        raise
    except OSError as error:
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise ModelStoreUnavailable(f"The bucket of model versions does not answer: {reason}") from None
