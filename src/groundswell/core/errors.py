"""Everything that can go wrong, in the words a user reads.

The docstring of an error is its default message. `code` is the stable name that the
HTTP error envelope and `--json` show; which HTTP status it becomes is decided in
`api/errors.py` and nowhere else.
"""

import inspect
from collections.abc import Mapping


class GroundswellError(Exception):
    """Something went wrong inside Groundswell."""

    code = "INTERNAL"

    def __init__(self, message: str | None = None, *, details: Mapping[str, object] | None = None) -> None:
        self.message = message or inspect.cleandoc(type(self).__doc__ or "").partition("\n")[0]
        self.details = dict(details or {})
        super().__init__(self.message)


class InvalidInput(GroundswellError):
    """The input is not valid."""

    code = "INVALID_PARAMETER"


class NotFound(GroundswellError):
    """There is no such thing."""

    code = "NOT_FOUND"


class Conflict(GroundswellError):
    """That is not possible in the present state."""

    code = "CONFLICT"


class TooLarge(GroundswellError):
    """The request is larger than this server accepts."""

    code = "TOO_LARGE"


class Forbidden(GroundswellError):
    """That is not allowed from here."""

    code = "FORBIDDEN"


class Unauthenticated(GroundswellError):
    """A key is needed here: send `Authorization: Bearer KEY`, or log in; `groundswell keys create` makes one."""

    code = "UNAUTHORIZED"


class UnsupportedMedia(GroundswellError):
    """This server does not unpack request bodies; send it without Content-Encoding."""

    code = "UNSUPPORTED_MEDIA_TYPE"


class TooSlow(GroundswellError):
    """The body did not arrive in time."""

    code = "REQUEST_TIMEOUT"


class NotBuiltYet(GroundswellError):
    """This part of Groundswell is not built yet."""

    code = "NOT_IMPLEMENTED"


class DashboardNotBuilt(NotBuiltYet):
    """The dashboard is not in this package; build it with `make dashboard`, which needs Node.js 20.19 or newer."""

    code = "DASHBOARD_NOT_BUILT"


class Busy(GroundswellError):
    """The server is full at the moment; nothing was written, try again later."""

    code = "TOO_MANY_REQUESTS"
    retry_after_seconds = 1


class TooManyRequests(Busy):
    """Too many requests in a short time; `RateLimit-Reset` says in how many seconds there is room again."""

    code = "RATE_LIMITED"

    def __init__(self, seconds: int = 1) -> None:
        super().__init__()
        self.retry_after_seconds = max(1, seconds)


class StreamFull(Busy):
    """The stream is full because analysis is behind; nothing was written, try again later."""

    code = "STREAM_FULL"
    retry_after_seconds = 2


class Unavailable(GroundswellError):
    """A server that Groundswell needs does not answer; try again later."""

    code = "UNAVAILABLE"
    retry_after_seconds = 2


class StreamUnavailable(Unavailable):
    """Whether the stream holds the posts is unknown; send them again with the same ids, they count once."""

    code = "STREAM_UNAVAILABLE"


class StoreUnavailable(Unavailable):
    """The database does not answer; try again later."""

    code = "STORE_UNAVAILABLE"


class ModelUnavailable(Unavailable):
    """No model is loaded that could answer; try again later."""

    code = "MODEL_UNAVAILABLE"


class ModelDeclines(ModelUnavailable):
    """The model does not read this text now; ask another model, or try again later."""

    code = "MODEL_DECLINES"


class HubUnavailable(Unavailable):
    """The hub of models does not answer; what has come so far is kept, try again later."""

    code = "HUB_UNAVAILABLE"


class ModelStoreUnavailable(Unavailable):
    """The bucket of model versions does not answer; try again later."""

    code = "MODEL_STORE_UNAVAILABLE"


class UnknownModel(InvalidInput):
    """There is no model of that name."""

    code = "UNKNOWN_MODEL"


class BadArtefact(GroundswellError):
    """The model's files are not what its manifest says; fetch or train it again."""

    code = "BAD_ARTEFACT"


class MissingExtra(GroundswellError):
    """This needs packages that are not installed; run `pip install 'groundswell[finetune]'`."""

    code = "MISSING_EXTRA"


class BadData(GroundswellError):
    """The labelled data cannot be read."""

    code = "BAD_DATA"


class UnreadableText(InvalidInput):
    """The text cannot be read by the model."""

    code = "UNREADABLE_TEXT"


class AddressRefused(InvalidInput):
    """Messages do not go to this address; a target inside the network is named in GROUNDSWELL_OUTBOUND_ALLOW."""

    code = "ADDRESS_REFUSED"


class DeliveryFailed(GroundswellError):
    """The message did not reach its target; it is tried again."""

    code = "DELIVERY_FAILED"


class ApiError(GroundswellError):
    """The server refuses, and says why; `details` has its `code`, `status` and `request_id`."""

    code = "API_ERROR"


class BadSettings(GroundswellError):
    """A setting is wrong."""

    code = "BAD_SETTINGS"


class CannotStart(GroundswellError):
    """Groundswell cannot start here."""

    code = "CANNOT_START"


class BadBackup(GroundswellError):
    """The backup cannot be made or read."""

    code = "BAD_BACKUP"


class BackupInTheWay(GroundswellError):
    """Something is where the backup should go."""

    code = "BACKUP_IN_THE_WAY"


class DataFolderBusy(CannotStart):
    """Another Groundswell is running in this data folder; stop it first, or choose another --data-dir."""


class StopRequested(GroundswellError):
    """Stopped, as asked."""

    code = "STOPPED"


class NotRunning(GroundswellError):
    """No Groundswell is running in this data folder; start one with `groundswell up`, or set the URLs."""

    code = "NOT_RUNNING"


class BadSource(GroundswellError):
    """The source cannot be read."""

    code = "BAD_SOURCE"


class WrongSource(BadSource):
    """There is no such source, or it does not have that option."""


class BadFile(BadSource):
    """The file cannot be read."""

    code = "BAD_FILE"
