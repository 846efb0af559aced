from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from groundswell.core.clock import SystemClock
from groundswell.core.errors import CannotStart, DataFolderBusy, NotRunning
from groundswell.embedded.folder import DataFolder, Servers, running, write_private

SERVERS = Servers(database_url="postgresql:///x", redis_url="unix:///x", pid=1)


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder(root=tmp_path / "data")


def test_only_one_holds_the_folder(folder: DataFolder) -> None:
    with folder.lock(SystemClock()), pytest.raises(DataFolderBusy), folder.lock(SystemClock()):
        pass
    with folder.lock(SystemClock()):
        pass


def test_a_new_folder_is_closed_to_others(folder: DataFolder) -> None:
    folder.prepare()
    assert folder.root.stat().st_mode & 0o777 == 0o700


def test_permissions_of_a_known_folder_stay(folder: DataFolder) -> None:
    folder.root.mkdir(mode=0o750)
    folder.prepare()
    assert folder.root.stat().st_mode & 0o777 == 0o750


def test_a_folder_that_is_a_file_is_refused_in_a_sentence(folder: DataFolder) -> None:
    folder.root.write_text("")
    with pytest.raises(CannotStart, match="cannot be used"):
        folder.prepare()


def test_a_secret_is_made_once_and_kept_private(folder: DataFolder) -> None:
    folder.prepare()
    secret = folder.secret("pseudonym.key")
    assert len(secret) == 64
    assert folder.secret("pseudonym.key") == secret
    assert (folder.root / "pseudonym.key").stat().st_mode & 0o777 == 0o600


def test_others_are_told_what_runs(folder: DataFolder) -> None:
    with folder.lock(SystemClock()):
        folder.tell(SERVERS)
        assert running(folder.root) == SERVERS
        assert (folder.root / "servers.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("state", ["nothing there", "never told", "killed", "stopped"])
def test_others_are_told_that_nothing_runs(folder: DataFolder, state: str) -> None:
    if state != "nothing there":
        with folder.lock(SystemClock()):
            if state != "never told":
                folder.tell(SERVERS)
            if state == "stopped":
                folder.tell_nothing()
    with pytest.raises(NotRunning, match="groundswell up"):
        running(folder.root)


def test_starting_up_counts_as_not_running_yet(folder: DataFolder) -> None:
    with folder.lock(SystemClock()), pytest.raises(NotRunning):
        running(folder.root)


def test_an_unfinished_write_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "secret.new").write_text("half")
    write_private(tmp_path / "secret", "whole")
    assert (tmp_path / "secret").read_text() == "whole"
    assert sorted(os.listdir(tmp_path)) == ["secret"]


@pytest.mark.parametrize("how", ["open to others", "a link"])
def test_a_folder_that_another_user_could_have_laid_out_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    short = Path(tempfile.mkdtemp(prefix="gs-"))  # tmp_path is too long for a socket
    monkeypatch.setattr("tempfile.tempdir", str(short))
    deep = DataFolder(root=tmp_path / ("deep" * 40))
    sockets = deep.sockets()
    assert sockets.parent == short
    if how == "a link":
        sockets.rmdir()
        sockets.symlink_to(tmp_path)
    else:
        sockets.chmod(0o777)
    with pytest.raises(CannotStart, match="open to other users"):
        deep.sockets()
