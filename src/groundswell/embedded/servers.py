"""Both embedded servers as one thing: started over whatever an earlier run left behind."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from groundswell.core.clock import Clock
from groundswell.embedded import identity, leftovers
from groundswell.embedded.folder import DataFolder
from groundswell.embedded.postgres import Postgres
from groundswell.embedded.programs import postgres_programs, valkey_program
from groundswell.embedded.valkey import Valkey
from groundswell.supervise.supervisor import Supervisor


class EmbeddedServers:
    """PostgreSQL and Valkey of one data folder, whose lock the caller holds; either may be left out."""

    def __init__(self, folder: DataFolder, *, postgres: bool = True, valkey: bool = True) -> None:
        who = identity.choose() if postgres else identity.Identity()
        sockets = folder.sockets(who.uid)
        self.postgres = _postgres(folder, sockets, who) if postgres else None
        self.valkey = Valkey(folder=folder, binary=valkey_program(), sockets=sockets) if valkey else None

    def start(self, supervisor: Supervisor, clock: Clock, pause: Callable[[float], None]) -> None:
        """Start both and return when both serve.

        Raises `CannotStart` in one sentence that names the log.
        """
        names = []
        if self.valkey:
            room = partial(_make_room, self.valkey, clock, pause)
            supervisor.start(self.valkey.program(room))
            names.append("valkey")
        if self.postgres:
            room = partial(_make_room, self.postgres, clock, pause)
            self.postgres.prepare()
            supervisor.start(self.postgres.program(room))
            names.append("postgres")
        supervisor.await_ready(*names)


def _postgres(folder: DataFolder, sockets: Path, who: identity.Identity) -> Postgres:
    identity.let_in(who, folder.root)
    who.give(sockets)
    binaries = identity.reachable_binaries(who, postgres_programs(), folder.root)
    return Postgres(folder=folder, binaries=binaries, sockets=sockets, identity=who)


def _make_room(server: Postgres | Valkey, clock: Clock, pause: Callable[[float], None]) -> None:
    """Before every start: end what still works on the server's data, and remove what it left."""
    leftovers.end(server.data, server.process_name, clock, pause)
    server.clear()
