"""A real PostgreSQL and a real Valkey in the data folder, for installations that bring none."""

from groundswell.embedded.folder import DataFolder, Servers, running
from groundswell.embedded.servers import EmbeddedServers

__all__ = ["DataFolder", "EmbeddedServers", "Servers", "running"]
