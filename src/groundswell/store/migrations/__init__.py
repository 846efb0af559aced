"""The schema's history: one revision after another, each never changed again."""

from importlib.resources import files

import psycopg
from sqlalchemy import Connection


def run_revision(connection: Connection, name: str) -> None:
    """Run `versions/<name>.sql`."""
    run_script(connection, (files(__package__) / "versions" / f"{name}.sql").read_text(encoding="utf-8"))


def run_script(connection: Connection, script: str) -> None:
    """Run many statements as they stand: psycopg neither splits nor interprets them."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)  # noqa: S101 - for the type checker
    driver.execute(script.encode())
