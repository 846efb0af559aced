"""What the roles work with, made from the settings; what each is made of is imported when it is asked for.

`tools` are the settings, the clock and the connections of a process; `stream` is how posts come in, `models` how they
are read and how that is learned, `alerts` how people are told, `process` how a process shows that it lives.
"""

from groundswell.toolbox.alerts import postman, watcher
from groundswell.toolbox.models import MODELS_FOLDER, fetcher, model_key, reader, trainer, versions
from groundswell.toolbox.process import exposed, exposed_at, exposed_where, heartbeat, process_name
from groundswell.toolbox.stream import door, publisher, rules, watermark
from groundswell.toolbox.tools import Tools, tools_for

__all__ = [
    "MODELS_FOLDER",
    "Tools",
    "door",
    "exposed",
    "exposed_at",
    "exposed_where",
    "fetcher",
    "heartbeat",
    "model_key",
    "postman",
    "process_name",
    "publisher",
    "reader",
    "rules",
    "tools_for",
    "trainer",
    "versions",
    "watcher",
    "watermark",
]
