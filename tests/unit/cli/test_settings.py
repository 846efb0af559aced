"""What people, shells and files may say about settings, and what is made of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict
from redis.connection import parse_url

from groundswell.core.errors import BadSettings
from groundswell.settings import load_settings, names, origins


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.mark.parametrize("place", ["environment", ".env"])
def test_variables_that_others_export_are_not_ours(
    place: str, empty_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    strangers = {"HOST": "x86_64-conda-linux-gnu", "MODEL": "phone", "WORKERS": "7", "DATA_DIR": "elsewhere"}
    if place == ".env":
        (empty_folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in strangers.items()))
    else:
        for name, value in strangers.items():
            monkeypatch.setenv(name, value)
    settings = load_settings()
    assert (settings.host, settings.model, settings.workers) == ("127.0.0.1", "", 0)
    assert settings.data_dir == Path("data")
    assert origins({})["host"] == "default"


def test_documented_names_are_read_in_any_place(empty_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (empty_folder / "groundswell.toml").write_text('GROUNDSWELL_BATCH = 9\nmodel = "vader"\nport = 1\n')
    (empty_folder / ".env").write_text("API_HOST=::1\nPORT=2\n")
    monkeypatch.setenv("API_PORT", "3")
    settings = load_settings()
    assert (settings.batch_posts, settings.model, settings.host, settings.port) == (9, "vader", "::1", 3)
    assert load_settings(port=4).port == 4


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        (".env", "GROUNDSWELL_TYPO=1\n", "There is no setting GROUNDSWELL_TYPO; did you mean GROUNDSWELL_"),
        ("groundswell.toml", "batch_post = 7\n", r"no setting batch_post .*; did you mean batch_posts\?"),
        ("groundswell.toml", "GROUNDSWELL_BACH = 7\n", "did you mean GROUNDSWELL_BATCH"),
        ("groundswell.toml", "batch_posts 7\n", "groundswell.toml cannot be read"),
        (
            ".env",
            "GROUNDSWELL_LOG_FORMAT=xml\n",
            "GROUNDSWELL_LOG_FORMAT is wrong: it must be console or json.",
        ),
    ],
)
def test_a_wrong_name_or_value_in_a_file_is_said(empty_folder: Path, file: str, text: str, says: str) -> None:
    (empty_folder / file).write_text(text)
    with pytest.raises(BadSettings, match=says):
        load_settings()


@pytest.mark.parametrize("password", ["a/b", "a@b:c", "a#b?c", "50%25", "ä ö"])
def test_a_password_may_hold_any_character(password: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("POSTGRES", "REDIS"):
        monkeypatch.setenv(f"{kind}_HOST", "db.example")
        monkeypatch.setenv(f"{kind}_PASSWORD", password)
    settings = load_settings()
    database = conninfo_to_dict(settings.external_database or "")
    assert (database["password"], database["host"]) == (password, "db.example")
    redis = parse_url(settings.external_redis or "")  # type: ignore[no-untyped-call]
    assert (redis["password"], redis["host"]) == (password, "db.example")


@pytest.mark.parametrize("host", ["/run/postgresql", "::1", "127.0.0.1"])
def test_the_host_of_postgresql_may_be_an_address_or_the_folder_of_a_socket(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTGRES_HOST", host)
    assert conninfo_to_dict(load_settings().external_database or "")["host"] == host


@pytest.mark.parametrize("name", ["DATABASE_URL", "GROUNDSWELL_PSEUDONYM_KEY", "POSTGRES_PASSWORD"])
def test_a_secret_may_come_as_a_file(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "secret"
    secret.write_text("postgresql://hush\n")
    monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(f"{name}_FILE", str(secret))
    field = next(field for field, aliases in names().items() if name in aliases)
    assert getattr(load_settings(), field).get_secret_value() == "postgresql://hush"
    assert origins({})[field] == "file"
    monkeypatch.setenv(name, "postgresql://louder")
    assert getattr(load_settings(), field).get_secret_value() == "postgresql://louder"


@pytest.mark.parametrize("content", [None, "", "\n"])
def test_a_secrets_file_that_holds_none_is_refused(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "secret"
    if content is not None:
        path.write_text(content)
    monkeypatch.setenv("DATABASE_URL_FILE", str(path))
    with pytest.raises(BadSettings, match="DATABASE_URL_FILE"):
        load_settings()
