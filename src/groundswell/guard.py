"""Safe by default: on loopback without keys everyone may everything; anywhere else nobody without a key."""

from typing import TYPE_CHECKING

from groundswell.core.errors import BadSettings
from groundswell.settings import Settings
from groundswell.supervise.exposition import is_loopback
from groundswell.toolbox import Tools, tools_for

if TYPE_CHECKING:  # the commands that ask these questions start no web server
    from groundswell.api.access.guards import Guard

HOW = (
    "Other machines can reach {host}, so a key is needed: set GROUNDSWELL_ADMIN_KEY or GROUNDSWELL_ADMIN_KEY_FILE "
    "(20 characters or more); or listen on 127.0.0.1 first and run `groundswell keys create NAME --role admin`."
)
HOW_SERVICE = (
    "Other machines can reach {host}, so a key is needed: set GROUNDSWELL_MODEL_SERVICE_KEY (20 characters or "
    "more) here and for each API and worker."
)


def admin_key(settings: Settings) -> str:
    """Return the key that the settings name, or nothing.

    Raises `BadSettings` when the file cannot be read, or two keys are named.
    """
    given = settings.admin_key.get_secret_value().strip() if settings.admin_key else ""
    if settings.admin_key_file is None:
        return given
    if given:
        raise BadSettings("Set GROUNDSWELL_ADMIN_KEY or GROUNDSWELL_ADMIN_KEY_FILE, not both.")
    try:
        return settings.admin_key_file.read_text().strip()
    except (OSError, ValueError):
        raise BadSettings(f"GROUNDSWELL_ADMIN_KEY_FILE {settings.admin_key_file} cannot be read.") from None


def refuse_open(settings: Settings, tools: Tools) -> bool:
    """Return whether keys are asked for; the key that the settings name is one from now on.

    Once a key was made they are asked for on loopback, too: no revocation opens a door. Raises
    `BadSettings`, saying how, where other machines reach us and no key holds.
    """
    from groundswell.store import access

    now, key = tools.clock.now(), admin_key(settings)
    with tools.database.transaction() as connection:
        if key:
            access.adopt(connection, key, at=now)
        if not is_loopback(settings.host) and not access.any_valid(connection, now):
            raise BadSettings(HOW.format(host=settings.host))
        return access.any_key(connection)


def check_open(settings: Settings) -> None:
    """Raise `BadSettings` where the API would be open to others; connects by itself."""
    with tools_for(settings) as tools:
        refuse_open(settings, tools)


def api_guard(settings: Settings, tools: Tools) -> "Guard":
    """Return who may use the API.

    Where nobody needs a key the first one that is made changes that within a second.
    """
    from groundswell.api.access.guards import Keys
    from groundswell.api.access.keyring import Keyring
    from groundswell.cache.rates import Rates
    from groundswell.cache.tickets import Tickets
    from groundswell.store.database import Database

    refuse_open(settings, tools)
    # a connection of its own: slow queries of others must not keep a revoked key alive
    database = Database(tools.database_url, size=1)
    keyring = Keyring(database, clock=tools.clock, session_hours=settings.session_hours)
    keyring.look()
    return Keys(
        keyring,
        Rates(tools.redis_url, clock=tools.clock),
        Tickets(tools.redis),
        per_key=settings.rate_per_key,
        per_address=settings.rate_per_address,
        origins=frozenset(part.strip() for part in settings.cors_origins.split(",") if part.strip()),
        only_with_keys=is_loopback(settings.host),
    )


def model_guard(settings: Settings) -> "Guard":
    """Return who may use the model service.

    Raises `BadSettings`, saying how, where other machines reach it and there is no key.
    """
    from groundswell.api.access.guards import Open, ServiceKey

    key = settings.model_service_key.get_secret_value() if settings.model_service_key else ""
    if key:
        return ServiceKey(key)
    if not is_loopback(settings.host):
        raise BadSettings(HOW_SERVICE.format(host=settings.host))
    return Open()
