# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What differs between two models: nodes and weights by name, and what both compute
on the same inputs.
"""

import json
import math
import pathlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from slin import _slin, execution
from slin.types import Changes, Comparison, OutputComparison

# How many generated samples run, and how long a free axis of theirs is.
SAMPLES, LENGTH = 4, 16


def changes(before: list[dict], after: list[dict], key: str) -> Changes:
    """Entries of two models by graph and name. A name that stands twice in a graph
    counts by its position among its namesakes."""

    def index(entries: list[dict]) -> dict[tuple[str, str], dict]:
        found: dict[tuple[str, str], dict] = {}
        for entry in entries:
            name = entry[key]
            number = 1
            while (entry["graph"], name) in found:
                number += 1
                name = f"{entry[key]} ({number})"
            found[entry["graph"], name] = entry
        return found

    first, second = index(before), index(after)
    return {
        "added": [name for graph, name in second if (graph, name) not in first],
        "removed": [name for graph, name in first if (graph, name) not in second],
        "changed": [
            place[1] for place in first if place in second and first[place]["digest"] != second[place]["digest"]
        ],
    }


class Errors:
    """Sums over batches of what two arrays differ by. The leading axis counts samples;
    an array without axes is one sample."""

    def __init__(self) -> None:
        self.largest = 0.0
        self.difference = self.reference = 0.0
        self.cosines: list[float] = []

    def add(self, before: np.ndarray, after: np.ndarray) -> None:
        a = np.asarray(before, dtype=np.float64).reshape(len(before) if before.ndim else 1, -1)
        b = np.asarray(after, dtype=np.float64).reshape(a.shape)
        if a.size == 0:
            return
        self.largest = max(self.largest, float(np.abs(a - b).max()))
        self.difference += float(np.square(a - b).sum())
        self.reference += float(np.square(a).sum())
        norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            self.cosines += list((a * b).sum(axis=1) / norms)

    def result(self, output: str) -> OutputComparison:
        relative = math.sqrt(self.difference / self.reference) if self.reference else None
        cosine = float(np.mean(self.cosines)) if self.cosines else None
        return {
            "output": output,
            "max_error": finite(self.largest),
            "relative_error": finite(relative),
            "cosine": finite(cosine),
        }


def finite(number: float | None) -> float | None:
    """JSON has no infinities."""
    return number if number is not None and math.isfinite(number) else None


def compare_outputs(
    first, second, arrays: dict[str, np.ndarray], names: tuple[str, str], advance: Callable[[int], None]
) -> tuple[list[OutputComparison], list[str]]:
    """Runs two sessions over the same arrays. Gives a line per output that both have,
    and warnings about the others."""
    outputs = [[entry.name for entry in session.get_outputs()] for session in (first, second)]
    shared = [name for name in outputs[0] if name in outputs[1]]
    warnings = [
        f"{names[side]}: only this model has the output '{name}'"
        for side in (0, 1)
        for name in outputs[side]
        if name not in shared
    ]
    if not shared:  # to ask a session for no output is to ask for all
        return [], warnings
    errors = {name: Errors() for name in shared}
    for done, batch in execution.batches(first, arrays):
        values = execution.run(first, shared, batch, names[0])
        others = execution.run(second, shared, batch, names[1])
        for name, a, b in zip(shared, values, others, strict=True):
            if not isinstance(a, np.ndarray) or not isinstance(b, np.ndarray) or a.dtype.kind not in "fiub":
                raise _slin.Error(f"output '{name}' is no tensor of numbers: it cannot be compared")
            if a.shape != b.shape:
                raise _slin.Error(
                    f"output '{name}' has the shape {list(a.shape)} in {names[0]} and {list(b.shape)} in {names[1]}"
                )
            errors[name].add(a, b)
        advance(done)
    return [errors[name].result(name) for name in shared], warnings


def compare(
    before: str,
    after: str,
    inputs: str | pathlib.Path | Mapping[str, np.ndarray] | None,
    options: dict[str, Any],
    progress: Callable[[str, int, int], None] | None,
) -> Comparison:
    """Everything that `diff` says."""
    contents = [json.loads(_slin.contents(model, json.dumps(options))) for model in (before, after)]
    warnings, sessions = [], []
    for model, content in zip((before, after), contents, strict=True):
        widen = execution.any_bfloat16(content)
        if widen:
            warnings.append(f"{model}: ran as a copy in fp32, since ONNX Runtime's CPU does not compute in bf16")
        sessions.append(execution.open_session(model, [], options, widen))
    first, second = sessions

    if inputs is None:
        arrays = execution.generate_inputs(first, SAMPLES, LENGTH)
        source = "the generated inputs"
    else:
        arrays, source = execution.read_inputs(inputs)
    arrays = execution.fit_inputs(first, arrays, source)
    execution.fit_inputs(second, arrays, f"{source}, as {before} takes them")
    samples = len(next(iter(arrays.values())))

    def advance(done: int) -> None:
        if progress is not None:
            progress("comparing", done, samples)

    outputs, more = compare_outputs(first, second, arrays, (before, after), advance)
    parameters = [sum(weight["parameters"] for weight in content["weights"]) for content in contents]
    return {
        "nodes": changes(contents[0]["nodes"], contents[1]["nodes"], "node"),
        "weights": changes(contents[0]["weights"], contents[1]["weights"], "weight"),
        "parameters": {"before": parameters[0], "after": parameters[1]},
        "samples": samples,
        "generated_inputs": inputs is None,
        "outputs": outputs,
        "warnings": warnings + more,
    }
