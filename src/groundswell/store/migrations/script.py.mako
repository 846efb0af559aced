"""${message}."""

from alembic import op

from groundswell.store.migrations import run_revision

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """${message}."""
    run_revision(op.get_bind(), "r${up_revision}_")
