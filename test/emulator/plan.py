# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A launch plan as Python objects, and its execution in the emulator: what the runtime does on a card.

Everything that varies with the number of tokens is a Number; there is no code in a plan.
"""

import dataclasses

import numpy as np

from .execution import Pointer, Statistics, emulate
from .memory import GlobalMemory
from .tensor_map import TensorMap


@dataclasses.dataclass(frozen=True)
class Number:
    """ceil(scale · tokens / divisor) · multiplier + constant"""

    scale: int = 0
    divisor: int = 1
    multiplier: int = 1
    constant: int = 0

    def at(self, tokens: int) -> int:
        return -(-self.scale * tokens // self.divisor) * self.multiplier + self.constant


TOKENS = Number(scale=1)


def at(value: "Number | int", tokens: int) -> int:
    return value.at(tokens) if isinstance(value, Number) else value


@dataclasses.dataclass
class PlanBuffer:
    """kind: input, output, weight (with an index into theirs) or workspace (`size` bytes at `offset`)."""

    kind: str
    index: int = 0
    offset: Number | int = 0
    size: Number | int = 0


@dataclasses.dataclass
class TensorMapArgument:
    buffer: int
    element_type: str
    dims: tuple
    strides: tuple
    box: tuple
    swizzle: int = 128
    offset: Number | int = 0


@dataclasses.dataclass
class PointerArgument:
    buffer: int
    offset: Number | int = 0


@dataclasses.dataclass
class KernelStep:
    """`blocks_per_sm` other than 0 bounds x to what is resident: max(1, blocks_per_sm · SMs / (cluster y)) cluster."""

    ptx: str
    kernel: str
    grid_x: Number | int
    arguments: list  # TensorMapArgument, PointerArgument, Number or int
    grid_y: Number | int = 1
    blocks_per_sm: int = 0
    cluster: int = 1
    dynamic_shared: int = 0
    programmatic: bool = False
    threads: int | None = None  # where the kernel does not say so itself

    def grid(self, tokens: int, multiprocessors: int) -> tuple[int, int]:
        x, y = at(self.grid_x, tokens), at(self.grid_y, tokens)
        if self.blocks_per_sm:
            resident = max(1, self.blocks_per_sm * multiprocessors // (self.cluster * y)) * self.cluster
            x = min(x, resident)
        return x, y


@dataclasses.dataclass
class ClearStep:
    """`size` bytes become zero."""

    pointer: PointerArgument
    size: Number | int


@dataclasses.dataclass
class Plan:
    buffers: list[PlanBuffer]
    steps: list


class _Placement:
    """The array and byte offset of every buffer. Workspace buffers that share bytes share an array, others have one of
    their own, so that running off one is seen. Workspace starts with NaNs."""

    def __init__(self, plan: Plan, tokens: int, inputs, outputs, weights):
        given = {"input": inputs, "output": outputs, "weight": weights}
        self.places = [None] * len(plan.buffers)
        workspace = []
        for number, buffer in enumerate(plan.buffers):
            if buffer.kind == "workspace":
                start = at(buffer.offset, tokens)
                workspace.append((start, start + at(buffer.size, tokens), number))
            else:
                self.places[number] = (given[buffer.kind][buffer.index], 0)
        group, end = [], 0
        for start, stop, number in sorted(workspace):
            if group and start >= end:
                self._share(group)
                group = []
            end = max(end, stop) if group else stop
            group.append((start, stop, number))
        if group:
            self._share(group)

    def _share(self, group):
        first = group[0][0]
        array = np.full(max(stop for _, stop, _ in group) - first, 0xFF, np.uint8)
        for start, _, number in group:
            self.places[number] = (array, start - first)


def run_plan(
    plan: Plan, tokens: int, inputs, outputs, weights=(), *, multiprocessors=4, late=False, seed=0, ignore=()
) -> list[Statistics]:
    """Runs the steps on arrays in place. A programmatic launch must not touch before griddepcontrol.wait what the
    steps before it write, back to the last launch that waited for everything, nor write what they read."""
    placed = _Placement(plan, tokens, inputs, outputs, weights).places
    memory, statistics = GlobalMemory(), []
    read, written = [], []
    for number, step in enumerate(plan.steps):
        if isinstance(step, ClearStep):
            array, start = _pointer(step.pointer, placed, tokens)
            array.reshape(-1).view(np.uint8)[start : start + at(step.size, tokens)] = 0
            read, written = [], [array]
            continue
        if not step.programmatic:
            read, written = [], []
        arguments = [_argument(argument, placed, tokens) for argument in step.arguments]
        dependent = [(array, True) for array in read] + [(array, False) for array in written]
        done = emulate(
            step.ptx,
            step.kernel,
            step.grid(tokens, multiprocessors),
            arguments,
            cluster=step.cluster,
            threads=step.threads,
            dynamic_shared=step.dynamic_shared,
            late=late,
            seed=seed + number,
            ignore=ignore,
            memory=memory,
            dependent=dependent,
        )
        read, written = read + done.read, written + done.written
        statistics.append(done)
    return statistics


def _pointer(argument: PointerArgument, placed, tokens):
    array, start = placed[argument.buffer]
    return array, start + at(argument.offset, tokens)


def _argument(argument, placed, tokens):
    if isinstance(argument, PointerArgument):
        return Pointer(*_pointer(argument, placed, tokens))
    if isinstance(argument, TensorMapArgument):
        array, start = placed[argument.buffer]
        return TensorMap(
            array,
            argument.element_type,
            tuple(at(n, tokens) for n in argument.dims),
            tuple(at(n, tokens) for n in argument.strides),
            tuple(argument.box),
            argument.swizzle,
            start + at(argument.offset, tokens),
        )
    return at(argument, tokens)
