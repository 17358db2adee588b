# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Statistics of what the linears of FFNs read: mean μ = E[x] and second moment
C = E[x xᵀ] over tokens, in f64, from a model that ONNX Runtime runs.

Memory is bounded: one batch's activations, and the sums of as many tensors as fit
into `LIMIT` bytes. What does not fit is left to further passes over the inputs.
"""

import functools
import json
import pathlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from slin import _slin, execution, statistics_file
from slin.types import CalibrationInput

LIMIT = 2 << 30
# Tokens and features of one matrix product: bounds what stands beside the sums.
TOKENS = 8192
PANEL = 2048


class Moments:
    """Sums of one tensor's rows and of their outer products. Of the outer products
    only the panels on and below the diagonal are summed; `finish` mirrors them."""

    def __init__(self, width: int):
        self.width = width
        self.count = 0
        self.total = np.zeros(width)
        self.outer = np.zeros((width, width))

    def add(self, rows: np.ndarray) -> None:
        for start in range(0, len(rows), TOKENS):
            chunk = rows[start : start + TOKENS].astype(np.float64)
            self.count += len(chunk)
            self.total += chunk.sum(axis=0)
            for column in range(0, self.width, PANEL):
                panel = slice(column, column + PANEL)
                self.outer[column:, panel] += chunk[:, column:].T @ chunk[:, panel]

    def finish(self) -> tuple[int, np.ndarray, np.ndarray]:
        """Count, mean and second moment; the sums are used up."""
        for column in range(0, self.width, PANEL):
            panel, below = slice(column, column + PANEL), slice(column + PANEL, None)
            self.outer[panel, below] = self.outer[below, panel].T
        self.total /= self.count
        self.outer /= self.count
        return self.count, self.total, self.outer


def token_rows(values: np.ndarray, width: int, mask: np.ndarray | None, tensor: str) -> np.ndarray:
    """The rows of `values` [..., width] that count: all leading axes are tokens, and
    where there is a mask [batch, time], those at which it is not zero."""
    if values.ndim == 0 or values.shape[-1] != width:
        raise _slin.Error(f"tensor '{tensor}': expected a last axis of {width}, found the shape {list(values.shape)}")
    rows = values.reshape(-1, width)
    if mask is None:
        return rows
    leading = values.shape[:-1]
    if leading == mask.shape[::-1] and leading != mask.shape:
        mask = mask.T  # a model that computes in [time, batch]
    elif leading not in (mask.shape, (mask.size,)):
        raise _slin.Error(f"tensor '{tensor}' has the shape {list(values.shape)}, and the mask {list(mask.shape)}")
    return rows[mask.reshape(-1) != 0]


def accumulate(
    session,
    widths: dict[str, int],
    arrays: dict[str, np.ndarray],
    mask: str | None,
    name: str,
    advance: Callable[[int], None],
) -> dict[str, Moments]:
    """Runs all batches of `arrays` and sums the moments of the session's outputs
    `widths` (name → width). `advance` hears the number of samples that are done."""
    moments = {tensor: Moments(width) for tensor, width in widths.items()}
    for done, batch in execution.batches(session, arrays):
        values = execution.run(session, list(widths), batch, name)
        for (tensor, width), value in zip(widths.items(), values, strict=True):
            rows = token_rows(value, width, None if mask is None else batch[mask], tensor)
            if not np.isfinite(rows).all():
                raise _slin.Error(f"{name}: tensor '{tensor}' has values that are not finite at samples before {done}")
            moments[tensor].add(rows)
        del values, rows
        advance(done)
    return moments


def groups(widths: dict[str, int], limit: int) -> list[dict[str, int]]:
    """The tensors in their order, cut so that the sums of each part fit into `limit`
    bytes; a single one that is larger stands alone."""
    parts: list[dict[str, int]] = []
    size = 0
    for tensor, width in widths.items():
        bytes_needed = 8 * width * (width + 1)
        if not parts or size + bytes_needed > limit:
            parts.append({})
            size = 0
        parts[-1][tensor] = width
        size += bytes_needed
    return parts


def tokens_of(arrays: dict[str, np.ndarray], mask: str | None, source: str) -> None:
    """Checks that the mask is one of the inputs and selects something."""
    if mask is None:
        return
    if mask not in arrays:
        raise _slin.UsageError(f"the mask '{mask}' is no input of the model: expected one of {', '.join(arrays)}")
    if arrays[mask].ndim != 2:
        raise _slin.UsageError(f"the mask '{mask}' must have the axes [batch, time], found {list(arrays[mask].shape)}")
    if not arrays[mask].any():
        raise _slin.UsageError(f"the mask '{mask}' of {source} is zero everywhere")


def wanted_tensors(model: str, options: dict[str, Any]) -> list[CalibrationInput]:
    """What the linears that can be rewritten read; empty where there are none."""
    return json.loads(_slin.calibration_inputs(model, json.dumps(options)))


def calibrate(
    model: str,
    inputs: str | pathlib.Path | Mapping[str, np.ndarray],
    output: pathlib.Path,
    mask: str | None,
    options: dict[str, Any],
    progress: Callable[[str, int, int], None] | None,
) -> list[str]:
    """Writes the statistics of `model` over `inputs` to `output`; gives warnings."""
    wanted = wanted_tensors(model, options)
    if not wanted:
        raise _slin.Error(f"{model}: nothing to calibrate: no FFN that can be rewritten was found")
    widths = {entry["tensor"]: entry["width"] for entry in wanted}
    # The hash that the core checks statistics against is the one that it reports.
    sha256 = json.loads(_slin.inspect(model, json.dumps(options)))["model"]["sha256"]
    warnings = []
    widen = execution.holds_bfloat16(model, options)
    if widen:
        warnings.append(f"{model}: ran as a copy in fp32, since ONNX Runtime's CPU does not compute in bf16")

    arrays, source = execution.read_inputs(inputs)
    parts = groups(widths, LIMIT)
    samples = 0
    with statistics_file.create(output, widths, sha256) as writer:
        for index, part in enumerate(parts):
            session = execution.open_session(model, list(part), options, widen)
            if index == 0:
                warnings += [f"{source}: the model takes no '{name}'" for name in set_aside(session, arrays)]
                arrays = execution.fit_inputs(session, arrays, source)
                tokens_of(arrays, mask, source)
                samples = len(next(iter(arrays.values())))
                warnings += left_out(session, samples)

            advance = functools.partial(report_samples, progress, index, len(parts), samples)
            moments = accumulate(session, part, arrays, mask, model, advance)
            del session
            for tensor in part:
                writer.write(tensor, *moments.pop(tensor).finish())
    return warnings


def report_samples(
    progress: Callable[[str, int, int], None] | None, index: int, passes: int, samples: int, done: int
) -> None:
    """Says how far the pass `index` of `passes` over the samples is."""
    if progress is not None:
        progress("calibrating", index * samples + done, passes * samples)


def set_aside(session, arrays: dict[str, np.ndarray]) -> list[str]:
    """Names that the file has and the model does not take."""
    return sorted(set(arrays) - {wanted.name for wanted in session.get_inputs()})


def left_out(session, samples: int) -> list[str]:
    """A warning where the last samples do not fill a batch of the size that the
    model fixes."""
    size, fixed = execution.batch_size(session)
    if not fixed or samples % size == 0:
        return []
    return [f"the model takes {size} samples at a time: the last {samples % size} of {samples} were left out"]
