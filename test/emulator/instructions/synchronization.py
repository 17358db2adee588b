# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Barriers, mbarriers, fences, cluster barriers, dependent launches, register reallocation.

Source: PTX ISA, "Parallel Synchronization and Communication Instructions", "Miscellaneous Instructions: setmaxnreg,
nanosleep".
"""

import numpy as np

from ..checks import Violation
from ..machine import MBarrier
from ..memory import SHARED_WINDOW, words_of
from ..ordering import ASYNC, COPY_WRITES, PLAIN
from ..program import BLOCKED, RETRY, Decoder, Effect, instruction
from ..ptx import Register, Symbol
from .memory_access import lanes_of


def require_converged(w, m, check="divergent-aligned"):
    """All lanes that have not exited."""
    if m is True or m is w.alive:
        return 32 if m is True else int(np.count_nonzero(m))
    lanes, alive = int(np.count_nonzero(m)), 32 if w.alive is True else int(np.count_nonzero(w.alive))
    if lanes != alive:
        raise Violation(check, f"{lanes} of {alive} lanes")
    return lanes


@instruction(
    "bar.sync",
    "bar.cta.sync",
    "barrier.sync",
    "barrier.cta.sync",
    "bar.arrive",
    "bar.cta.arrive",
    "barrier.arrive",
    "barrier.cta.arrive",
)
def barrier(d: Decoder, item):
    number = d.source(item.operands[0], "u32")
    count = d.source(item.operands[1], "u32") if len(item.operands) > 1 else None
    waits = "sync" in item.parts

    def run(w, m):
        if w.waiting:
            place, generation = w.waiting
            if place.generation == generation:
                return BLOCKED
            w.waiting = None
            w.acquire(place.released)
            return None
        require_converged(w, m, "divergent-barrier")
        lane = 0 if m is True else int(np.argmax(m))
        place = w.block.barrier(int(w.v[number[0]][number[1]][lane]))
        expected = int(w.v[count[0]][count[1]][lane]) if count else -(-w.cluster.launch.threads // 32) * 32
        generation = place.generation
        place.arrive(w, 32, expected)
        w.cluster.counters["barriers"] += 1
        if not waits:
            return None
        if place.generation != generation:
            w.acquire(place.released)
            return None
        w.waiting = (place, generation)
        return BLOCKED

    return Effect(run, waits=True)


@instruction("bar.warp.sync")
def warp_barrier(d, item):
    """Lanes of a warp run in step here: it has nothing to do but see that the lanes named take part."""
    mask = d.source(item.operands[0], "u32")

    def run(w, m):
        named = int(w.v[mask[0]][mask[1]][0 if m is True else int(np.argmax(m))])
        lanes = np.ones(32, bool) if m is True else m
        missing = [
            lane for lane in range(32) if named >> lane & 1 and not lanes[lane] and (w.alive is True or w.alive[lane])
        ]
        if missing:
            raise Violation("divergent-barrier", f"lanes {missing} do not take part")

    return Effect(run)


@instruction("barrier.cluster.arrive")
def cluster_arrive(d, item):
    def run(w, m):
        lanes = require_converged(w, m, "divergent-barrier")
        place = w.cluster.barrier
        if w.cluster_generation is not None:
            raise Violation("barrier-count", "a second arrival without a wait")
        w.cluster_generation = place.generation
        place.arrive(w, lanes, w.cluster.threads)

    return Effect(run, waits=True)


@instruction("barrier.cluster.wait")
def cluster_wait(d, item):
    def run(w, m):
        require_converged(w, m, "divergent-barrier")
        if w.cluster_generation is None:
            raise Violation("barrier-count", "a wait without an arrival")
        if w.cluster.barrier.generation == w.cluster_generation:
            return BLOCKED
        w.cluster_generation = None
        w.acquire(w.cluster.barrier.released)

    return Effect(run, waits=True)


def mbarrier_at(w, address: int) -> MBarrier:
    block, offset = w.cluster.block_of(address)
    found = block.mbarriers.get(offset)
    if found is None:
        raise Violation("mbarrier-uninitialised", f"offset {offset - 1024} of block {block.rank}")
    block.visit(w)
    if block is not w.block:
        check_visible(w, found)
    agent, epoch = found.initialised
    if w.clock[PLAIN, agent] < epoch:
        raise Violation(
            "mbarrier-uninitialised", f"the initialisation by {w.cluster.agents.names[agent]} is not ordered"
        )
    return found


def check_visible(w, mbarrier: MBarrier):
    if not mbarrier.fenced:
        w.cluster.fail("mbarrier-fence-missing", w.cluster.agents.names[mbarrier.agent])


def own_or_cluster(d, item, address):
    """shared::cta addresses must be the block's own; without a state space the address is generic."""
    remote = "shared::cluster" in item.parts
    window = 0 if any(part.startswith("shared") for part in item.parts) else SHARED_WINDOW

    def checked(w, lane):
        place = int(address(w)[lane]) - window
        if not remote and place >> 24 != w.block.rank:
            raise Violation("shared-of-other-block", f"block {place >> 24} from block {w.block.rank}")
        if place & 7:
            raise Violation("misaligned", f"an mbarrier at {place:#x}")
        return place

    return checked


@instruction("mbarrier.init")
def initialise(d, item):
    address, count = own_or_cluster(d, item, d.address(item.operands[0])), d.source(item.operands[1], "u32")

    def run(w, m):
        cluster = w.cluster
        for lane in np.arange(32)[lanes_of(m)]:
            place = address(w, lane)
            block, offset = cluster.block_of(place)
            block.shared.check_bounds(offset, 8)
            words = words_of(np.array([offset]), 8)
            block.shared.history.write(words, w.clock, PLAIN, w.agent, w.epoch, "the initialisation of an mbarrier")
            old = block.mbarriers.get(offset)
            name = f"copies of mbarrier {offset - 1024} of block {block.rank}"
            agent = old.agent if old else cluster.agents.add(name, async_proxy=True)
            value = int(w.v[count[0]][count[1]][lane])
            block.mbarriers[offset] = MBarrier(value, agent, (w.agent, w.epoch), cluster.agents.clock())

    return Effect(run)


@instruction("mbarrier.inval")
def invalidate(d, item):
    address = own_or_cluster(d, item, d.address(item.operands[0]))

    def run(w, m):
        for lane in np.arange(32)[lanes_of(m)]:
            place = address(w, lane)
            mbarrier_at(w, place)
            block, offset = w.cluster.block_of(place)
            del block.mbarriers[offset]

    return Effect(run)


@instruction("mbarrier.arrive", "mbarrier.arrive_drop")
def arrive(d, item):
    """[state,] [address] [, count or expected bytes]"""
    operands = item.operands
    returns = isinstance(operands[0], (Register, Symbol))
    target = d.destination(operands[0], "b64") if returns else None
    rest = operands[1:] if returns else operands
    address = own_or_cluster(d, item, d.address(rest[0]))
    value = d.source(rest[1], "u32") if len(rest) > 1 else None
    expect, drop = "expect_tx" in item.parts, item.parts[1] == "arrive_drop"

    def run(w, m):
        for lane in np.arange(32)[lanes_of(m)]:
            place = mbarrier_at(w, address(w, lane))
            number = int(w.v[value[0]][value[1]][lane]) if value else 1
            if target:
                w.v[target[0]][target[1]][lane] = place.completed
            np.maximum(place.clock, w.clock, out=place.clock)
            if drop:
                place.next_count -= 1 if expect else number
            if expect:
                place.transact(number)
            place.arrive(1 if expect else number)
        w.clock[PLAIN, w.agent] += 1

    return Effect(run, waits=True)


@instruction("mbarrier.expect_tx", "mbarrier.complete_tx")
def transact(d, item):
    address, value = own_or_cluster(d, item, d.address(item.operands[0])), d.source(item.operands[1], "u32")
    sign = 1 if item.parts[1] == "expect_tx" else -1

    def run(w, m):
        for lane in np.arange(32)[lanes_of(m)]:
            mbarrier_at(w, address(w, lane)).transact(sign * int(w.v[value[0]][value[1]][lane]))

    return Effect(run, waits=True)


@instruction("mbarrier.try_wait", "mbarrier.test_wait")
def wait(d, item):
    """True once the phase (by parity, or by the state of an arrival) has completed. A try_wait that fails gives the
    other warps the word."""
    target = d.destination(item.operands[0], "pred")
    address = own_or_cluster(d, item, d.address(item.operands[1]))
    by_parity = "parity" in item.parts
    phase = d.source(item.operands[2], "u32" if by_parity else "u64")

    raw = d.address(item.operands[1])

    def run(w, m):
        lanes = np.arange(32)[lanes_of(m)]
        found, phases = w.v[target[0]][target[1]], w.v[phase[0]][phase[1]]
        addresses = raw(w)
        first = lanes[0]
        alike = (addresses[lanes] == addresses[first]).all() and (phases[lanes] == phases[first]).all()
        failed = False
        for lane in lanes[:1] if alike else lanes:
            place = mbarrier_at(w, address(w, lane))
            wanted = int(phases[lane])
            complete = (place.completed & 1) != wanted if by_parity else place.completed > wanted
            found[lanes if alike else lane] = complete
            failed |= not complete
            if complete:
                w.acquire(place.released)
        w.spinning = failed
        return RETRY if failed else None

    return Effect(run, waits=True)


@instruction("fence", "membar")
def fence(d, item):
    """fence.proxy.async makes what is known to the warp visible to the async proxy, it and fence.mbarrier_init the
    mbarriers that the warp has initialised; the others order what program order orders here."""
    proxy = item.parts[1:3] == ("proxy", "async")
    known = {"proxy", "acq_rel", "sc", "mbarrier_init", "acquire", "release", "cta", "gl", "sys"}
    if item.parts[1] not in known:
        raise d.error("unknown fence")

    publishes = proxy or item.parts[1] == "mbarrier_init"

    def run(w, m):
        if publishes:
            for mbarrier in w.block.mbarriers.values():
                mbarrier.fenced |= mbarrier.initialised[0] == w.agent
        if proxy:
            np.maximum(w.clock[ASYNC], w.clock[PLAIN], out=w.clock[ASYNC])
            w.clock[PLAIN, w.agent] += 1

    return Effect(run)


@instruction("griddepcontrol.wait")
def dependency_wait(d, item):
    def run(w, m):
        w.clock[PLAIN, w.cluster.dependency] = 1
        w.cluster.counters["dependency waits"] += 1

    return Effect(run)


@instruction("griddepcontrol.launch_dependents")
def launch_dependents(d, item):
    return Effect(lambda w, m: None)


@instruction("setmaxnreg")
def reallocate_registers(d, item):
    count = item.operands[0].bits

    def run(w, m):
        require_converged(w, m)
        if count % 8 or not 24 <= count <= 256:
            raise Violation("register-count", f"found {count}")

    return Effect(run)


@instruction("nanosleep", "pmevent")
def nothing(d, item):
    return Effect(lambda w, m: None)


@instruction("trap")
def trap(d, item):
    def run(w, m):
        raise Violation("trap", "the kernel gives up")

    return Effect(run)


@instruction("cp.async.mbarrier.arrive")
def arrive_after_copies(d, item):
    """Arrives once the warp's cp.async up to here have completed; without .noinc the pending count grows first."""
    address = own_or_cluster(d, item, d.address(item.operands[0]))
    keep = "noinc" in item.parts

    def run(w, m):
        copies, w.copies = w.copies, []
        groups, w.copy_groups = w.copy_groups, []
        w.copies_done += len(groups) + 1
        done = w.copies_done
        places = [mbarrier_at(w, address(w, lane)) for lane in np.arange(32)[lanes_of(m)]]
        if not keep:
            for place in places:
                place.pending += 1
        clock = w.clock.copy()
        agent = w.agents[COPY_WRITES]

        def complete():
            for copy in [c for group in groups for c in group] + copies:
                copy()
            for place in places:
                np.maximum(place.clock, clock, out=place.clock)
                place.clock[PLAIN, agent] = max(place.clock[PLAIN, agent], done)
                place.arrive()

        w.clock[PLAIN, w.agent] += 1
        w.cluster.later(complete)

    return Effect(run, waits=True)
