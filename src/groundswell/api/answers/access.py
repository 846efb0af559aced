"""Keys, sessions, the audit log and requests of privacy, as the API shows them."""

from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from groundswell.api.answers.listing import Answer
from groundswell.core.access import Role, Scope
from groundswell.store.privacy import Kind


class KeyAnswer(Answer):
    """What is known of a key; never the key itself."""

    id: str = Field(description="Names the key; it is the part of it between the underscores.")
    name: str = Field(description="What people call it.")
    role: Role = Field(description="What its holder is.")
    scopes: list[Scope] = Field(description="What its holder may do.")
    created_at: AwareDatetime = Field(description="When it was made.")
    created_by: str = Field(description="By whom.")
    expires_at: AwareDatetime | None = Field(description="When it ends by itself.")
    last_used_at: AwareDatetime | None = Field(description="When it was last used, to within seconds.")
    revoked_at: AwareDatetime | None = Field(description="When it was ended.")


class NewKeyAnswer(KeyAnswer):
    """A key that was just made."""

    key: str = Field(description="The key. It is shown now and never again.")


class KeyIn(BaseModel):
    """What a new key is to be."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "the team's screen", "role": "viewer"}]}
    )

    name: str = Field(min_length=1, max_length=100, description="What people call it.")
    role: Role = Field(default="viewer", description="What its holder is.")
    scopes: list[Scope] = Field(
        default=[], max_length=10, description="Only these of the role's scopes; none given: all of them."
    )
    days: float | None = Field(
        default=None, gt=0, le=36_500, description="Ends after so many days; null: when it is revoked."
    )


class LoginIn(BaseModel):
    """A key, once, to log in with."""

    model_config = ConfigDict(extra="forbid")

    key: str = Field(min_length=1, max_length=500, description="The key.")


class WhoAnswer(Answer):
    """Who you are here."""

    login_required: bool = Field(description="False on loopback without keys: everyone may do everything.")
    name: str | None = Field(description="What the key is called; null: you are not logged in.")
    role: Role | None = Field(description="What you are.")
    scopes: list[Scope] = Field(description="What you may do.")
    expires_at: AwareDatetime | None = Field(description="When key or session end by themselves.")


class TicketAnswer(Answer):
    """What opens the live feed once."""

    ticket: str = Field(description="To be sent as `ticket` in the query of the live feed's address.")
    expires_in: int = Field(description="Seconds until it opens nothing any more.")


class AuditAnswer(Answer):
    """One row of the audit log."""

    id: int = Field(description="Its number.")
    at: AwareDatetime = Field(description="When it happened.")
    actor: str = Field(description="Id of the key; empty: this machine, or nobody known.")
    actor_name: str = Field(description="What the key was called.")
    action: str = Field(description="What was done, e.g. `key.revoke` or `DELETE /api/v1/topics/{id}`.")
    target: str = Field(description="What it was done to.")
    outcome: str = Field(description="How it ended: a status, or a word.")
    address: str = Field(description="From where.")
    request_id: str = Field(description="The X-Request-ID under which the log tells more.")


class SubjectIn(BaseModel):
    """Whose posts: an author's, or one post by our id or by its source's."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"author": "@somebody"}]})

    author: str | None = Field(
        default=None, min_length=1, max_length=512, description="The author's name or pseudonym (`a:…`)."
    )
    id: UUID | None = Field(default=None, description="Our id of the post.")
    source: str | None = Field(default=None, max_length=64, description="The post's source, with `post_id`.")
    post_id: str | None = Field(default=None, max_length=512, description="The source's own id of the post.")


class RequestAnswer(Answer):
    """A request of privacy, and, once it is done, its receipt."""

    id: UUID = Field(description="Names the request.")
    kind: Kind = Field(description="What was asked for.")
    author: str | None = Field(description="The author's pseudonym.")
    post: UUID | None = Field(description="Our id of the post.")
    state: str = Field(description="`queued` or `done`.")
    asked_at: AwareDatetime = Field(description="When it was asked for.")
    asked_by: str = Field(description="By the holder of which key.")
    done_at: AwareDatetime | None = Field(description="When it was done.")
    counts: dict[str, int] = Field(description="How much of what was erased, or is in the file.")
    sha256: str | None = Field(description="SHA-256 of the file.")
    has_file: bool = Field(description="Whether there is a file to fetch; after a week there is none.")
