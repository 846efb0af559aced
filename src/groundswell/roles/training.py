"""`training`: one training job in a process of its own."""

from groundswell.settings import Settings
from groundswell.toolbox import tools_for, trainer


def run_training(settings: Settings, name: str) -> None:
    """Run one training job in this process, within its memory."""
    import resource

    most = settings.training_memory * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    with tools_for(settings) as tools:
        trainer(tools).run(name)
