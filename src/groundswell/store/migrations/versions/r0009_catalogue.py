"""Downloads of models from a hub, and what an LLM provider has cost."""

from alembic import op

from groundswell.store.migrations import run_revision

revision = "0009"
down_revision = "0007"


def upgrade() -> None:
    """Create both tables."""
    run_revision(op.get_bind(), "r0009_catalogue")
