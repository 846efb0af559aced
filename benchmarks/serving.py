"""The highest rate of single posts over HTTP with p99 within 50 ms, beside LitServe and Infinity with the same weights.

`python -m benchmarks serving:PEERS[,SECONDS[,ROUNDS]]`; PEERS is a folder with the environments `litserve` and
`infinity` (`python -m venv PEERS/litserve`, `pip install litserve torch transformers onnxruntime`; `python -m venv
PEERS/infinity`, `pip install "infinity-emb[server,torch,optimum]" "transformers<4.49" "optimum<2" "datasets<4"
"pyarrow<21"`) and the weights of all-MiniLM-L6-v2 in `minilm`, as Hugging Face has them,
with `onnx/model_quantized.onnx` in it. What is missing is skipped and said. Every way is started anew in every round,
one after the other, so that what disturbs the machine disturbs all alike.
"""

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import httpx
import psutil
from tests.system import free_port

from benchmarks.report import interval, machine, percentile, spread
from groundswell.learning.speed import made_up_posts

SECONDS, ROUNDS = 5.0, 5
PROMISED_MS = 50.0
POSTS = 512
FIRST_RATE, RAMP, HALVINGS = 25.0, 1.6, 4
"""The search: from the first rate upwards by the factor while it holds, then so many steps between the last two."""
LONGER = 3
"""Too much is sent for so many times as long: the burst that is welcome at first comes late, whatever follows."""
START_SECONDS = 120.0
OURS = "groundswell"


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way to serve the model."""

    name: str
    #: for the version of the peer
    package: tuple[str, str] | None = None
    command: Callable[[int], Sequence[str]]
    path: str
    body: Callable[[str], dict[str, Any]]
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Step:
    """What came of sending at one rate."""

    rate: float
    #: answers a second within the promised time
    goodput: float
    answered: float
    p99: float
    refused_share: float
    refused_p99: float
    failed: int
    #: of a core: the server's and the generator's
    server_cpu: float
    generator_cpu: float

    @property
    def holds(self) -> bool:
        """Whether everything was answered, in time."""
        return not self.failed and not self.refused_share and self.p99 <= PROMISED_MS


def ways(peers: Path) -> Iterator[Way]:
    """Return ours and those of the peers that are there."""
    yield Way(
        name=OURS,
        command=lambda port: [sys.executable, "-m", "groundswell", "model", f"--port={port}"],
        path="/predict",
        body=lambda text: {"text": text},
        environment={"GROUNDSWELL_MODEL": "minilm", "LOG_LEVEL": "WARNING"},
    )
    weights = peers / "minilm"
    yield from _litserve(peers / "litserve" / "bin" / "python", weights)
    yield from _infinity(peers / "infinity" / "bin", weights)


def _litserve(python: Path, weights: Path) -> Iterator[Way]:
    if not (python.is_file() and weights.is_dir()):
        print(f"   litserve is skipped: no {python} or no {weights}")
        return
    script = str(Path(__file__).parent / "peers" / "litserve_minilm.py")
    for engine, batch in (("torch", 16), ("onnx", 1), ("onnx", 16)):
        yield Way(
            name=f"litserve, {'PyTorch float32' if engine == 'torch' else 'ONNX int8'}, batch {batch}",
            package=(str(python), "litserve"),
            command=lambda port, engine=engine, batch=batch: [  # type: ignore[misc]
                str(python), script, str(weights), engine, str(batch), str(port),
            ],
            path="/predict",
            body=lambda text: {"text": text},
        )  # fmt: skip


def _infinity(folder: Path, weights: Path) -> Iterator[Way]:
    program = folder / "infinity_emb"
    if not (program.is_file() and weights.is_dir()):
        print(f"   infinity is skipped: no {program} or no {weights}")
        return
    for engine in ("torch", "optimum"):
        yield Way(
            name=f"infinity, {engine}",
            package=(str(folder / "python"), "infinity-emb"),
            command=lambda port, engine=engine: [  # type: ignore[misc]
                str(program), "v2", "--model-id", str(weights), "--engine", engine, "--device", "cpu",
                "--port", str(port), "--host", "127.0.0.1", "--log-level", "warning", "--batch-size", "32",
                "--no-bettertransformer", "--served-model-name", "minilm",
            ],
            path="/embeddings",
            body=lambda text: {"model": "minilm", "input": [text], "encoding_format": "base64"},
            environment={"HF_HUB_OFFLINE": "1", "DO_NOT_TRACK": "1", "INFINITY_ANONYMOUS_USAGE_STATS": "0"},
        )  # fmt: skip


def main(argument: str = "") -> None:
    """Print the highest rate of every way, ours divided by the best peer's, and how ours behaves under too much."""
    folder, seconds, rounds = [*argument.split(","), "", ""][:3]
    length, times = float(seconds or SECONDS), int(rounds or ROUNDS)
    machine("onnxruntime", "uvicorn", "fastapi", "uvloop")
    found = {way.name: way for way in ways(Path(folder or "peers"))}
    best: dict[str, list[Step]] = {name: [] for name in found}
    over: list[Step] = []
    for number in range(times):
        for name, way in list(found.items()):
            try:
                with _running(way) as port:
                    step = _highest(way, port, length, best[name])
                    best[name].append(step)
                    if name == OURS:
                        over.append(_send(way, port, 3 * step.rate, LONGER * length))
            except (RuntimeError, OSError, httpx.HTTPError) as error:
                print(f"   {name} is skipped: {error}")
                del found[name], best[name]
        print(f"   round {number + 1} of {times} is done", file=sys.stderr)
    _tell(found, best, over)


def _tell(found: dict[str, Way], best: dict[str, list[Step]], over: list[Step]) -> None:
    for name, steps in best.items():
        rates = [step.rate for step in steps]
        cpu = statistics.median(step.server_cpu for step in steps)
        generator = statistics.median(step.generator_cpu for step in steps)
        print(
            f"   {name + _version(found[name]):48} {spread(rates)} posts/s with p99 <= {PROMISED_MS:.0f} ms"
        )
        print(f"   {'':48} server {cpu:.2f} cores, load generator beside it {generator:.2f}")
    peers = {
        name: statistics.median(step.rate for step in steps) for name, steps in best.items() if name != OURS
    }
    if peers:
        strongest = max(peers, key=lambda name: peers[name])
        ratios = [a.rate / b.rate for a, b in zip(best[OURS], best[strongest], strict=True)]
        print(f"   ÷ {strongest}: {statistics.median(ratios):.1f} {interval(ratios)}")
    kept = [now.goodput / top.goodput for now, top in zip(over, best[OURS], strict=True)]
    answered = [now.answered / top.answered for now, top in zip(over, best[OURS], strict=True)]
    refusals = statistics.median(step.refused_p99 for step in over)
    print(
        f"   at three times that rate, for {LONGER} times as long:"
        f" {100 * statistics.median(answered):.0f} % of its best rate is answered,"
    )
    print(
        f"     {100 * statistics.median(kept):.0f} % within {PROMISED_MS:.0f} ms; of the refusals 99 % within "
    )
    print(f"     {refusals:.1f} ms, failed {sum(step.failed for step in over)}")


def _highest(way: Way, port: int, seconds: float, before: Sequence[Step]) -> Step:
    """Return the highest rate that holds; later rounds begin near what the earlier ones found."""
    rate = 0.6 * statistics.median(step.rate for step in before) if before else FIRST_RATE
    _send(way, port, min(rate, FIRST_RATE), 1.0)  # warm up
    low: Step | None = None
    for _ in range(24):
        step = _send(way, port, rate, seconds)
        if not step.holds:
            break
        low, rate = step, rate * RAMP
    while low is None:
        rate /= RAMP
        if rate < 1:
            raise RuntimeError("it does not hold one post a second")
        step = _send(way, port, rate, seconds)
        low = step if step.holds else None
    high = low.rate * RAMP
    for _ in range(HALVINGS):
        step = _send(way, port, (low.rate + high) / 2, seconds)
        low, high = (step, high) if step.holds else (low, step.rate)
    return low


def _send(way: Way, port: int, rate: float, seconds: float) -> Step:
    """Send at one rate from a process of its own."""
    bodies = [json.dumps(way.body(text)) for text in made_up_posts(POSTS)]
    plan = {
        "host": "127.0.0.1",
        "port": port,
        "path": way.path,
        "bodies": bodies,
        "rate": rate,
        "seconds": seconds,
    }
    before = _cpu()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.openloop"],
        input=json.dumps(plan),
        capture_output=True,
        text=True,
        check=True,
    )
    server = _cpu() - before
    report = json.loads(done.stdout)
    good, refused = report["good"], report["refused"]
    return Step(
        rate=rate,
        goodput=sum(value <= PROMISED_MS for value in good) / seconds,
        answered=len(good) / seconds,
        p99=percentile(good, 0.99) if good else float("inf"),
        refused_share=len(refused) / report["sent"],
        refused_p99=percentile(refused, 0.99) if refused else 0.0,
        failed=report["failed"],
        server_cpu=server / seconds,
        generator_cpu=report["cpu_seconds"] / seconds,
    )


_server: list[psutil.Process] = []


def _cpu() -> float:
    """Return the CPU seconds of the server and all it has started."""
    total = 0.0
    for process in [*_server, *(child for one in _server for child in one.children(recursive=True))]:
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            total += times.user + times.system
    return total


@contextlib.contextmanager
def _running(way: Way) -> Iterator[int]:
    """Run a way's server until the end of the block; what it prints is shown when it does not start."""
    port = free_port()
    with tempfile.TemporaryFile() as log, tempfile.TemporaryDirectory() as home:
        process = subprocess.Popen(
            [*way.command(port), *([f"--data-dir={home}"] if way.name == OURS else [])],
            env={**os.environ, **way.environment},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        _server[:] = [psutil.Process(process.pid)]
        try:
            _await_answer(way, port, process, log)
            yield port
        finally:
            with contextlib.suppress(psutil.NoSuchProcess):  # it has ended by itself
                _server[:0] = _server[0].children(recursive=True)
            for one in _server:
                with contextlib.suppress(psutil.Error):
                    one.kill()
            process.wait(20)
            _server.clear()


def _await_answer(way: Way, port: int, process: "subprocess.Popen[bytes]", log: IO[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=10) as http:
        while time.monotonic() < until and process.poll() is None:
            with contextlib.suppress(httpx.TransportError):
                answer = http.post(way.path, json=way.body("a fine day"))
                if answer.status_code == 200:
                    return
            time.sleep(0.2)
    log.seek(0)
    raise RuntimeError("it does not start: " + log.read().decode(errors="replace")[-600:])


def _version(way: Way) -> str:
    if way.package is None:
        return ""
    python, name = way.package
    line = f"from importlib.metadata import version; print(version({name!r}))"
    found = subprocess.run([python, "-c", line], capture_output=True, text=True, check=False)
    return f" ({name} {found.stdout.strip()})"
