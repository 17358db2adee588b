# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs kernels: schedules warps, follows diverging lanes, and says where a check failed.

Source: PTX ISA, "Programming Model", "Control Flow Instructions", "Cluster of Cooperative Thread Arrays". With `late`
every asynchronous operation happens as late as the kernel's waits allow, and warps run for random stretches; without,
everything asynchronous happens at once. Both are legal executions. Not modelled: time, memory order weaker than
program order within a warp, progress of diverged lanes of one warp while others spin.
"""

import dataclasses
import random
from collections import Counter

import numpy as np

from . import instructions  # noqa: F401  (registers the decoders)
from .checks import PTXError, Violation
from .machine import Cluster, Warp
from .memory import GlobalMemory
from .program import BLOCKED, RETRY, Program
from .ptx import PARAMETER_BASE, parse
from .tensor_map import TensorMap

_programs: dict[tuple[str, str], Program] = {}


def program_of(text: str, kernel: str | None = None) -> Program:
    """The decoded kernel of that name, or the only one; decoded once per text."""
    kernels = parse(text) if (text, kernel or "") not in _programs else {}
    if kernels:
        if kernel is None and len(kernels) != 1:
            raise PTXError(f"the text has several kernels: {', '.join(kernels)}")
        if kernel is not None and kernel not in kernels:
            raise PTXError(f"the text has no kernel '{kernel}', but {', '.join(kernels)}")
        _programs[text, kernel or ""] = Program(kernels[kernel] if kernel else next(iter(kernels.values())))
    return _programs[text, kernel or ""]


@dataclasses.dataclass
class Pointer:
    """A kernel argument: an address in a C-contiguous array."""

    buffer: np.ndarray
    byte_offset: int = 0


@dataclasses.dataclass
class Statistics:
    """What a launch did. `bank_conflicts` counts extra passes of ld, st, ldmatrix and stmatrix on shared memory."""

    instructions: int
    counters: Counter
    read: list[np.ndarray]
    written: list[np.ndarray]

    @property
    def bank_conflicts(self) -> int:
        return self.counters["bank conflicts"]


class Launch:
    """One kernel with its arguments; parameters are laid out as the ABI does."""

    def __init__(
        self, program, grid, arguments, cluster, threads, dynamic_shared, late, seed, ignored, memory, dependent, limit
    ):
        kernel = program.kernel
        self.program, self.threads, self.late = program, kernel.threads or threads, late
        if self.threads is None or not 1 <= self.threads <= 1024 or threads not in (None, self.threads):
            raise Violation("launch", f"{threads} threads, the kernel has {kernel.threads}")
        self.grid = tuple(grid) + (1,) * (3 - len(grid)) if not isinstance(grid, int) else (grid, 1, 1)
        self.ignored, self.limit = frozenset(ignored), limit
        self.dynamic_shared = dynamic_shared
        self.shared_end = program.static_end + dynamic_shared
        self.counters, self.memory = Counter(), memory
        self.rng = random.Random(seed)
        self.cluster = kernel.cluster if cluster is None else cluster
        if self.cluster != kernel.cluster or self.grid[0] % self.cluster:
            raise Violation(
                "launch", f"a cluster of {self.cluster} and a grid of {self.grid}, the kernel has {kernel.cluster}"
            )
        if len(arguments) != len(kernel.parameters):
            raise Violation("launch", f"{len(arguments)} arguments for {len(kernel.parameters)} parameters")
        self.parameters = np.zeros(max((p.offset + p.size for p in kernel.parameters), default=0) + 8, np.uint8)
        self.tensor_maps: dict[int, TensorMap] = {}
        self.read_only: set[int] = set()  # buffers that ld.global.nc read
        for parameter, argument in zip(kernel.parameters, arguments, strict=True):
            self._set(parameter, argument)
        # Buffers of earlier launches that griddepcontrol.wait must come before: buffer → only writes are dangerous.
        self.dependent = {id(memory.place(array)): only_writes for array, only_writes in dependent}

    def _set(self, parameter, argument):
        if isinstance(argument, TensorMap):
            if parameter.size != 128 or parameter.alignment < 64:
                raise Violation("launch", f"a tensor map for parameter {parameter.name} of {parameter.size} bytes")
            argument.device_buffer = self.memory.place(argument.buffer)
            self.tensor_maps[PARAMETER_BASE + parameter.offset] = argument
            return
        if isinstance(argument, Pointer):
            if parameter.size != 8:
                raise Violation("launch", f"a pointer for parameter {parameter.name} of {parameter.size} bytes")
            value = np.uint64(self.memory.place(argument.buffer).base + argument.byte_offset)
        elif parameter.size not in (1, 2, 4, 8):
            raise Violation("launch", f"a number for parameter {parameter.name} of {parameter.size} bytes")
        elif isinstance(argument, np.generic):
            value = argument
        else:
            value = np.array(int(argument) & ((1 << 8 * parameter.size) - 1), f"u{parameter.size}")
        self.parameters[parameter.offset : parameter.offset + parameter.size] = np.frombuffer(value.tobytes(), np.uint8)

    def run(self):
        gx, gy, gz = self.grid
        ids = [(x, y, z) for z in range(gz) for y in range(gy) for x in range(gx)]
        for start in range(0, len(ids), self.cluster):
            run_cluster(Cluster(self, ids[start : start + self.cluster], self.rng))


def emulate(
    ptx_text,
    kernel,
    grid,
    arguments,
    *,
    cluster=None,
    threads=None,
    dynamic_shared=0,
    late=False,
    seed=0,
    ignore=(),
    memory=None,
    dependent=(),
    limit=5_000_000,
) -> Statistics:
    """Runs one launch on numpy arrays, in place.

    `arguments`: TensorMap, Pointer, int or numpy scalar per parameter. `cluster` and `threads` may be left to the
    kernel. `ignore`: names of checks that shall not fail. `dependent`: pairs of an array of earlier launches of a
    programmatic chain and whether only writing it is dangerous. `memory` holds buffers that launches share. Raises
    Violation where the kernel is wrong, PTXError where it is not understood.
    """
    memory = GlobalMemory() if memory is None else memory
    for buffer in memory.buffers:
        buffer.read = buffer.written = False
    launch = Launch(
        program_of(ptx_text, kernel),
        grid,
        arguments,
        cluster,
        threads,
        dynamic_shared,
        late,
        seed,
        ignore,
        memory,
        dependent,
        limit,
    )
    with np.errstate(all="ignore"):
        launch.run()
    for buffer in memory.buffers:
        if buffer.written and id(buffer) in launch.read_only and "read-only" not in launch.ignored:
            raise Violation("read-only", f"a buffer of {buffer.size} bytes")
    return Statistics(
        launch.counters["instructions"],
        launch.counters,
        [b.array for b in memory.buffers if b.read],
        [b.array for b in memory.buffers if b.written],
    )


def run_cluster(cluster: Cluster):
    warps = [warp for block in cluster.blocks for warp in block.warps]
    rng, late = cluster.rng, cluster.late
    # How readily pending operations complete while warps still run: often not before nothing else can.
    haste = rng.choice((0.0, 0.0, 0.2, 0.6))
    idle = 0  # rounds in which no warp got anywhere: a short stretch may end before a warp asks its mbarrier again
    while live := [warp for warp in warps if not warp.done]:
        progress = False
        if late:
            rng.shuffle(live)
        for warp in live:
            progress |= step(warp, rng.randint(1, 30) if late else 5000)
        if cluster.pending and (not progress or rng.random() < haste):
            cluster.pending.pop(rng.randrange(len(cluster.pending)))()
            progress = True
        idle = 0 if progress else idle + 1
        if idle > 100:
            raise _located(
                Violation("deadlock", "; ".join(_position(warp) for warp in live)), live[0], live[0].stack[-1][0]
            )
        if cluster.counters["instructions"] > cluster.launch.limit:
            raise Violation("step-limit", f"more than {cluster.launch.limit} instructions of warps")
    while cluster.pending:
        cluster.pending.pop()()
    for write in cluster.finally_:
        write()


def _position(warp: Warp) -> str:
    item = warp.cluster.launch.program.kernel.instructions[warp.stack[-1][0]]
    return f"{warp.name} at line {item.line} '{item.text}'"


def _located(violation: Violation, warp: Warp, index: int) -> Violation:
    if not violation.where:
        kernel = warp.cluster.launch.program.kernel
        item = kernel.instructions[index]
        violation.where = f"kernel {kernel.name}, {warp.name}, line {item.line}, '{item.text[:100]}'"
    return violation


def step(warp: Warp, budget: int) -> bool:
    """Runs a warp for up to `budget` stretches, or until it waits; whether it got anywhere."""
    program = warp.cluster.launch.program
    counters, progress, index = warp.cluster.counters, False, 0
    try:
        for _ in range(budget):
            if not warp.stack:
                finish(warp)
                return True
            top = warp.stack[-1]
            index, meeting, m = top
            if index == meeting:
                warp.stack.pop()
                continue
            functions, places, end, touched, dirty = program.run_from(index)
            if end > index:
                busy = (warp.in_flight, warp.in_flight_read)
                if any(names and not touched.isdisjoint(names) for names in busy):
                    check_in_flight(warp, index, end)
                place = 0
                try:
                    for place, run in enumerate(functions):  # noqa: B007
                        run(warp, m)
                except Violation:
                    index = places[place]
                    raise
                if dirty:
                    warp.unfenced |= dirty
                warp.touched |= touched & program.wgmma_registers
                top[0] = end
                counters["instructions"] += end - index
                progress = not warp.spinning
                continue
            result = one(warp, program, index, top, m)
            if result == BLOCKED:
                return progress
            counters["instructions"] += 1
            if result == RETRY:
                warp.spinning = True
                return progress
            progress = not warp.spinning
    except Violation as violation:
        raise _located(violation, warp, index) from None
    return progress


def one(warp, program, index, top, m):
    """One instruction that branches, exits, waits or is predicated; moves the top of the stack on."""
    decoded, predicate = program.decoded[index], program.predicates[index]
    taken = m
    if predicate:
        row, negated = predicate
        values = warp.v[program.predicate_view][row]
        taken = ~values if negated else values
        if name := program.watched_predicate(index):
            warp.check_assigned([name], m)
        if m is not True:
            taken = taken & m
            if np.array_equal(taken, m):
                taken = m
        elif taken.all():
            taken = True
    if decoded == "bra":
        branch(warp, program, index, top, m, taken)
    elif decoded == "brx":
        indexed_branch(warp, program, index, top, m)
    elif decoded in ("ret", "exit"):
        top[0] = index + 1
        leave(warp, taken)
    else:
        result = None
        if taken is True or taken.any():
            if warp.in_flight or warp.in_flight_read:
                check_in_flight(warp, index, index + 1)
            result = program.executable_at(index)(warp, taken)
            if result == BLOCKED:
                return BLOCKED
            if dirty := program.dirty_at(index):
                warp.unfenced |= dirty
        top[0] = index + 1
        return result
    return None


def branch(warp, program, index, top, m, taken):
    target = program.targets(index)[0]
    if taken is m:
        top[0] = target
    elif not taken.any():
        top[0] = index + 1
    else:
        others = ~taken if m is True else m & ~taken
        # A copy, since `taken` may be the predicate's own row, which a loop writes again.
        diverge(warp, program, index, top, [(target, taken.copy()), (index + 1, others)])


def indexed_branch(warp, program, index, top, m):
    operand = program.kernel.instructions[index].operands[0]
    values = warp.v[program.u32_view][program.slot(operand.name)[1]]
    ways = []
    for number, target in enumerate(program.targets(index)):
        lanes = (values == number) if m is True else (values == number) & m
        if lanes.any():
            ways.append((target, lanes))
    if len(ways) == 1:
        top[0] = ways[0][0]
    else:
        diverge(warp, program, index, top, ways)


def diverge(warp, program, index, top, ways):
    meeting = program.flow.reconvergence[index]
    top[0] = meeting
    if meeting == top[1]:
        warp.stack.pop()
    for target, lanes in reversed(ways):
        if target != meeting:
            warp.stack.append([target, meeting, lanes])


def leave(warp, lanes):
    """Lanes exit: they vanish from every entry of the stack."""
    if lanes is True or lanes is warp.alive:
        gone = np.ones(32, bool)
    else:
        gone = lanes
    warp.alive = (warp.alive if warp.alive is not True else np.ones(32, bool)) & ~gone
    kept = []
    for index, meeting, m in warp.stack:
        rest = ~gone if m is True else m & ~gone
        if rest.any():
            kept.append([index, meeting, True if rest.all() else rest])
    warp.stack = kept


def finish(warp: Warp):
    warp.done = True
    if warp.stores or len(warp.store_groups):
        raise Violation("exited-in-flight", f"{warp.name} did not wait until its bulk stores had read shared memory")
    if warp.issued > warp.waited:
        raise Violation("exited-in-flight", f"{warp.name} did not wait for its wgmmas")
    if warp.block.exited:
        if warp.block.tensor and warp.block.tensor.allocations:
            raise Violation("tensor-memory", f"block {warp.block.rank} exits with tensor memory")
        warp.block.check_visitors()
    warp.cluster.finally_ += [store.finish for store in warp.unwritten]


def check_in_flight(warp: Warp, start: int, end: int):
    program = warp.cluster.launch.program
    if "register-in-flight" in warp.cluster.launch.ignored:
        return
    for index in range(start, end):
        if program.is_wgmma(index):
            continue
        touched = (program.reads[index] | program.writes[index]) & warp.in_flight.keys()
        touched |= program.writes[index] & warp.in_flight_read.keys()
        if touched:
            violation = Violation("register-in-flight", ", ".join(sorted(touched)[:4]))
            raise _located(violation, warp, index)
