"""What Groundswell is made of: each role is a list of parts that start in order and stop in reverse.

Read the modules in the way of a post:

- `up`: everything on one machine: servers, schema, then each role below as a process of its own, supervised;
- `ingest`: a source is pumped through the door into the stream;
- `worker`: reads the stream, has the model read the posts, stores what it says, and settles;
- `api`: answers requests from what is stored and feeds the page; texts it reads itself;
- `model`: only reads texts, for APIs and workers that shall not;
- `watch`: what nobody waits for: jobs, alerts, drift, retention;
- `training`: one training job in a process of its own, started by the watcher.

`reading` is what api, worker and model have in common. Every process works with the `toolbox`, shows itself
with a heartbeat, and ends when one of its parts does. Each role imports what it is made of when it runs:
a worker needs no web server, and a watcher no model.
"""

from groundswell.roles.api import run_api
from groundswell.roles.ingest import Feed, check_feed, run_ingest
from groundswell.roles.model import run_model
from groundswell.roles.training import run_training
from groundswell.roles.up import run_up, stop_in_order
from groundswell.roles.watch import run_watch
from groundswell.roles.worker import run_worker

__all__ = [
    "Feed",
    "check_feed",
    "run_api",
    "run_ingest",
    "run_model",
    "run_training",
    "run_up",
    "run_watch",
    "run_worker",
    "stop_in_order",
]
