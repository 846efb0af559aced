"""Keys, browser sessions, the audit log, and requests to erase or hand out what is kept of an author."""

from alembic import op

from groundswell.store.migrations import run_revision

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Create what access and privacy need."""
    run_revision(op.get_bind(), "r0007_access")
