"""A first run of fetched files in a process of its own: what eats memory or never ends takes nobody with it.

    python -m groundswell.models.trial FOLDER

The files run no code, but a graph may still ask for any amount of memory, or loop for ever.
"""

import resource
import subprocess
import sys
from pathlib import Path

from groundswell.core.errors import BadArtefact, GroundswellError, MissingExtra
from groundswell.models.artefact import open_artefact
from groundswell.models.load import load_folder
from groundswell.models.selftest import self_test

CPU_SECONDS = 300
WALL_SECONDS = 3_600
"""By the clock: a busy machine may be slow, but a trial that is stuck without computing ends, too."""
MEMORY_BYTES = 4 * 1024**3
"""Of address space, beside eight times the files: weights are held several times while a session is made."""


def try_apart(folder: Path, *, cpu_seconds: int = CPU_SECONDS, memory_bytes: int = MEMORY_BYTES) -> None:
    """Load the version in `folder` and test it; raises `BadArtefact` in one sentence unless that went well."""
    size = sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
    most = memory_bytes + 8 * size
    command = [sys.executable, "-P", "-m", "groundswell.models.trial"]
    command += [str(folder), str(cpu_seconds), str(most)]
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            command, capture_output=True, text=True, check=False, timeout=WALL_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise BadArtefact(f"The model is refused: its trial did not end in {WALL_SECONDS} s.") from None
    if done.returncode == 0:
        return
    says = done.stderr.strip().splitlines()[-1:] or [""]
    if done.returncode == REFUSED:
        raise BadArtefact(says[0])
    if done.returncode == LACKING:
        raise MissingExtra(says[0])
    raise BadArtefact(
        f"The model is refused: in a trial it took more than {cpu_seconds} seconds or {most // 1024**2:,} MiB, "
        "or broke the process that tried it."
    )


REFUSED, LACKING = 2, 3


def main() -> int:
    """Try as the command line says; 2: the files are refused, 3: something is not installed."""
    folder, seconds, most = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        artefact = open_artefact(folder)
        self_test(artefact.manifest, load_folder(folder))
    except MissingExtra as error:
        sys.stderr.write(f"{error.message}\n")
        return LACKING
    except GroundswellError as error:
        sys.stderr.write(f"{error.message}\n")
        return REFUSED
    except Exception as error:  # noqa: BLE001 - whatever its files make a library say is one sentence here
        sys.stderr.write(f"The model is refused: its files cannot be loaded ({type(error).__name__}).\n")
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main())
