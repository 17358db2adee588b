# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""How long models take in ONNX Runtime, side by side: they take turns, so that what
disturbs a machine disturbs all of them, and medians are compared.

Sessions share one pool of threads. With a pool each, the threads of the one before
would spin beside those of the one that is timed. The pool is the process's, and other
sessions could not be opened beside it, so that all of this runs in a process of its own.
"""

import concurrent.futures
import json
import multiprocessing
import os
import pathlib
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import onnxruntime  # type: ignore[import-untyped]

from slin import _slin, execution
from slin.types import Times

# Seconds that a session runs before it is timed in a round, and that one round times.
WARM_UP, ROUND = 0.02, 0.05
# Threads that the shared pool was made for; null before it is made.
_pool: int | None = None

Answer = TypeVar("Answer")


def in_own_process(work: Callable[..., Answer], *arguments: Any) -> Answer:
    """What `work` gives in a new process; its exceptions are raised here."""
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as executor:
        return executor.submit(work, *arguments).result()


def shared_pool(threads: int | None = None) -> int:
    """Makes the pool for all sessions of this process, with a thread per core that it
    may use or as many as are asked for; gives their number."""
    global _pool
    if _pool is None:
        cores = sorted(os.sched_getaffinity(0))
        _pool = threads or len(cores)
        onnxruntime.set_global_thread_pool_sizes(_pool, 1)
        before = set(os.listdir("/proc/self/task"))
        session = open_timed(_slin.translate(WAKE))
        # A scheduler that puts two of the threads on one core at first would be timed.
        threads_made = sorted(set(os.listdir("/proc/self/task")) - before, key=int)
        if 1 < _pool <= len(cores):
            os.sched_setaffinity(0, {cores[0]})
            for number, thread in enumerate(threads_made[: _pool - 1]):
                os.sched_setaffinity(int(thread), {cores[number + 1]})
        del session
    elif threads not in (None, _pool):
        raise _slin.UsageError(f"this process runs with {_pool} threads already, asked for {threads}")
    return _pool


# A model that makes the runtime start its threads.
WAKE = """
module attributes {onnx.opset_imports = [["", 17]], onnx.model = {ir_version = 8 : i64}} {
func.func @main_graph(%x: tensor<1xf32> {onnx.name = "x"}) -> (tensor<1xf32> {onnx.name = "y"}) attributes {onnx.graph = {name = "g"}} {
  %y = onnx.Neg(%x) "/n" outputs ["y"] : (tensor<1xf32>) -> tensor<1xf32>
  return %y : tensor<1xf32>
}
}
"""


def open_timed(model: bytes, name: str = "the model", folder: str = "") -> onnxruntime.InferenceSession:
    """A session in the shared pool."""
    settings = onnxruntime.SessionOptions()
    settings.log_severity_level = 3
    settings.use_per_session_threads = False
    if folder:
        settings.add_session_config_entry("session.model_external_initializers_file_folder_path", folder)
    try:
        return onnxruntime.InferenceSession(model, settings, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise _slin.Error(f"{name}: ONNX Runtime cannot load the model: {error}") from error


@dataclass
class Timing:
    """Medians of the rounds of one session, in seconds."""

    rounds: list[float]

    @property
    def median(self) -> float:
        return statistics.median(self.rounds)

    @property
    def interval(self) -> tuple[float, float]:
        """The quartiles of the rounds."""
        low, _, high = statistics.quantiles(self.rounds, n=4, method="inclusive") if len(self.rounds) > 1 else (
            [self.rounds[0]] * 3
        )  # fmt: skip
        return low, high


def time_once(session: onnxruntime.InferenceSession, inputs: Mapping[str, np.ndarray], seconds: float) -> float:
    """The median of calls for that long, one of them at least."""
    calls: list[float] = []
    end = time.perf_counter() + seconds
    while not calls or time.perf_counter() < end:
        start = time.perf_counter()
        execution.run(session, None, dict(inputs), "the model")
        calls.append(time.perf_counter() - start)
    return statistics.median(calls)


def compare(
    sessions: Mapping[str, onnxruntime.InferenceSession],
    inputs: Mapping[str, Mapping[str, np.ndarray]],
    rounds: int = 5,
) -> dict[str, Timing]:
    """Times sessions in turns: in each round each one warms up and is timed."""
    times: dict[str, list[float]] = {name: [] for name in sessions}
    for name, session in sessions.items():
        execution.run(session, None, dict(inputs[name]), name)
    for _ in range(rounds):
        for name, session in sessions.items():
            calls_end = time.perf_counter() + WARM_UP
            execution.run(session, None, dict(inputs[name]), name)
            while time.perf_counter() < calls_end:
                execution.run(session, None, dict(inputs[name]), name)
            times[name].append(time_once(session, inputs[name], ROUND))
    return {name: Timing(values) for name, values in times.items()}


def bench(
    models: list[str],
    inputs: str | pathlib.Path | Mapping[str, np.ndarray] | None,
    samples: int,
    length: int,
    rounds: int,
    options: dict[str, Any],
) -> Times:
    """The times of models that take the same inputs."""
    threads = shared_pool()
    sessions, arrays = {}, {}
    for number, model in enumerate(models):
        name = model if model not in sessions else f"{model} ({number + 1})"
        data, folder = _slin.instrument(model, [], json.dumps(options))
        session = sessions[name] = open_timed(data, model, folder)
        if inputs is None:
            arrays[name] = execution.generate_inputs(session, samples, length)
        else:
            given, source = execution.read_inputs(inputs)
            arrays[name] = execution.fit_inputs(session, given, source)
    times = compare(sessions, arrays, rounds)
    return {
        "models": [
            {"model": name, "median": time.median, "quartiles": list(time.interval)} for name, time in times.items()
        ],
        "rounds": rounds,
        "threads": threads,
        "onnxruntime": onnxruntime.__version__,
    }
