"""A hub of models: what a revision holds, and its files, resumed where they broke off and checked by their hash.

Source: the API of the Hugging Face Hub (`/api/models/{id}/revision/{rev}`, `/{id}/resolve/{commit}/{path}`), as
huggingface_hub speaks it. Large files are named by their SHA-256, small ones by their git blob id.
"""

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

import httpx

from groundswell.core.clock import Clock
from groundswell.core.errors import BadArtefact, DeliveryFailed, HubUnavailable, NotFound
from groundswell.observe import logger
from groundswell.outbound import AddressRules, opened

STALL_SECONDS = 30.0
"""A connection on which nothing came for so long is given up, and the file resumed."""
TRIES = 5
"""Attempts in a row that brought nothing."""
MOST_ATTEMPTS = 200
MOST_BYTES = 8 * 1024**3
MOST_LISTING_BYTES = 8 * 1024**2
MOST_FILES = 5_000
CHUNK = 256 * 1024

_COMMIT = re.compile(r"[0-9a-f]{40}")

log = logger("models")


@dataclass(frozen=True, kw_only=True, slots=True)
class HubFile:
    """One file of a revision."""

    path: str
    size: int
    #: of its content; empty for small files
    sha256: str = ""
    #: SHA-1 of `blob SIZE NUL content`
    blob: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Revision:
    """What a hub has of a model at one commit."""

    hub: str
    commit: str
    files: Mapping[str, HubFile]


@dataclass(frozen=True, kw_only=True)
class Hub:
    """A hub, by the address and token an operator has set."""

    clock: Clock
    rules: AddressRules
    endpoint: str = "https://huggingface.co"
    token: str = ""
    stall_seconds: float = STALL_SECONDS
    tries: int = TRIES

    def revision(self, hub: str, revision: str) -> Revision:
        """Return what `hub` holds at a commit, tag or branch.

        Raises `NotFound`, `HubUnavailable`, or `BadArtefact` for a listing with a path that climbs out.
        """
        url = f"{self._base}/api/models/{quote(hub)}/revision/{quote(revision, safe='')}?blobs=true"
        with opened(
            self.rules, url, self._headers(), trusted=self.endpoint, seconds=self.stall_seconds
        ) as answer:
            _check_status(answer, hub, revision)
            body = bytearray()
            for chunk in answer.iter_bytes():
                body += chunk
                if len(body) > MOST_LISTING_BYTES:
                    raise BadArtefact(f"The hub's listing of {hub} is too long.")
        return _listing(hub, bytes(body))

    def fetch(
        self,
        found: Revision,
        file: HubFile,
        target: Path,
        *,
        arrived: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Fetch a file to `target`, going on where an earlier attempt ended.

        `arrived` is told how many bytes are here, and may raise to stop. Raises `HubUnavailable`
        when it does not come, `BadArtefact` when it is not what the listing says.
        """
        part = target.with_name(f"{target.name}.part")
        part.parent.mkdir(parents=True, exist_ok=True)
        if file.size > shutil.disk_usage(part.parent).free:
            raise BadArtefact(f"There is no room for {file.path} ({file.size:,} bytes) in {part.parent}.")
        idle = 0
        for _ in range(MOST_ATTEMPTS):
            have = _size(part)
            if have == file.size and part.exists():
                break
            try:
                self._attempt(found, file, part, arrived)
            except DeliveryFailed as error:
                log.warning("a download broke off", file=file.path, says=error.message)
            idle = idle + 1 if _size(part) <= have else 0
            if idle >= self.tries:
                raise HubUnavailable
            if _size(part) < file.size:
                self.clock.sleep(min(8.0, 0.25 * 2**idle))
        _check_content(file, part)
        part.replace(target)

    def _attempt(self, found: Revision, file: HubFile, part: Path, arrived: Callable[[int], None]) -> None:
        have = _size(part)
        url = f"{self._base}/{quote(found.hub)}/resolve/{found.commit}/{quote(file.path)}"
        headers = {**self._headers(), "Accept-Encoding": "identity"}
        if have:
            headers["Range"] = f"bytes={have}-"
        with opened(self.rules, url, headers, trusted=self.endpoint, seconds=self.stall_seconds) as answer:
            _check_status(answer, found.hub, found.commit)
            goes_on = answer.status_code == 206 and answer.headers.get("Content-Range", "").startswith(
                f"bytes {have}-"
            )
            with part.open("ab" if goes_on else "wb") as out:
                size = have if goes_on else 0
                for chunk in answer.iter_bytes():
                    size += len(chunk)
                    if size > file.size:
                        out.close()
                        part.unlink()
                        raise BadArtefact(
                            f"{file.path} is longer than the hub's listing says; it is refused."
                        )
                    out.write(chunk)
                    arrived(size)

    @property
    def _base(self) -> str:
        return self.endpoint.rstrip("/")

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _check_status(answer: httpx.Response, hub: str, revision: str) -> None:
    status = answer.status_code
    if status in {200, 206}:
        return
    if status == 416:  # what we have of it is more than there is
        raise BadArtefact(f"The hub has less of a file of {hub} than its listing says.")
    if status in {401, 403, 404}:
        raise NotFound(
            f"The hub does not give {hub} at {revision} (status {status}); set HF_TOKEN for one that is not public."
        )
    raise HubUnavailable(f"The hub answers {status}; what has come so far is kept, try again later.")


def _check_content(file: HubFile, part: Path) -> None:
    """Raise `BadArtefact`, and forget the file, unless its content is what the listing names."""
    right = _size(part) == file.size and (
        _digest(part, hashlib.sha256()) == file.sha256 if file.sha256 else _blob(part) == file.blob
    )
    if not right:
        part.unlink(missing_ok=True)
        raise BadArtefact(f"{file.path} is not the file the hub's listing names (wrong hash); it is refused.")


def _blob(path: Path) -> str:
    """Return git's name of a file's content, which is no protection of ours but what the hub lists."""
    started = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    return _digest(path, started)


def _digest(path: Path, started: Any) -> str:
    with path.open("rb") as opened_file:
        while chunk := opened_file.read(CHUNK):
            started.update(chunk)
    return str(started.hexdigest())


def _listing(hub: str, body: bytes) -> Revision:
    try:
        answer = json.loads(body)
        commit, siblings = str(answer["sha"]), list(answer["siblings"])
        files = [_file(one) for one in siblings[:MOST_FILES]]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadArtefact(f"The hub's listing of {hub} is malformed.") from None
    if not _COMMIT.fullmatch(commit):
        raise BadArtefact(f"The hub's listing of {hub} names no commit.")
    for file in files:
        if not is_inside(file.path):
            raise BadArtefact(
                f"The hub lists a path that leads out of its folder: {file.path[:100]!r}; refused."
            )
        if not 0 <= file.size <= MOST_BYTES:
            raise BadArtefact(f"{file.path} is larger than {MOST_BYTES:,} bytes.")
    return Revision(hub=hub, commit=commit, files={file.path: file for file in files})


def _file(one: Mapping[str, Any]) -> HubFile:
    large = one.get("lfs") or {}
    return HubFile(
        path=str(one["rfilename"]),
        size=int(large.get("size", one.get("size", -1))),
        sha256=str(large.get("sha256", "")).lower(),
        blob=str(one.get("blobId", "")).lower(),
    )


def is_inside(path: str) -> bool:
    """Tell whether a path names something inside the folder it is relative to."""
    parts = PurePosixPath(path).parts
    return (
        bool(parts)
        and not path.startswith("/")
        and ".." not in parts
        and "\\" not in path
        and "\0" not in path
    )
