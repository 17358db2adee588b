# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Asynchronous copies: cp.async, bulk copies, and tensor copies (TMA) with multicast and reductions.

Source: PTX ISA, "Data Movement and Conversion Instructions: Asynchronous copy", "Bulk copy", "Tensor copy",
"Async proxy". Copies that complete on an mbarrier write in its name (see ordering.py); bulk stores read in the name of
their group. Bulk groups belong to the thread that issues them.
"""

import numpy as np

from ..checks import PTXError, Violation
from ..memory import check_aligned, words_of
from ..ordering import ASYNC, BULK_READS, COPY_WRITES, PLAIN, contiguous
from ..program import Decoder, Effect, instruction
from ..ptx import Address, Immediate
from .memory_access import check_dependency, lanes_of
from .synchronization import check_visible, mbarrier_at


@instruction("cp.async.ca", "cp.async.cg")
def copy(d: Decoder, item):
    if "global" not in item.parts or not any(part.startswith("shared") for part in item.parts):
        raise d.error("expected a copy from global to shared memory")
    destination, source = d.address(item.operands[0]), d.address(item.operands[1])
    size = item.operands[2].bits
    if size not in (4, 8, 16) or "cg" in item.parts and size != 16:
        raise d.error("expected 4, 8 or 16 bytes, with .cg 16")
    given = d.source(item.operands[3], "u32") if len(item.operands) > 3 else None

    def run(w, m):
        lanes = np.arange(32)[lanes_of(m)]
        target, origin = destination(w)[lanes].copy(), source(w)[lanes].copy()
        lengths = w.v[given[0]][given[1]][lanes].astype(np.int64) if given else np.full(len(lanes), size)
        if (target >> 24 != w.block.rank).any():
            raise Violation("shared-of-other-block", "cp.async writes the own block's shared memory only")
        if (lengths > size).any():
            raise Violation("misaligned", f"{int(lengths.max())} source bytes for a copy of {size}")
        target &= (1 << 24) - 1
        check_aligned(target, size)
        check_aligned(origin[lengths > 0], size)
        shared = w.block.shared
        shared.check_bounds(target, size)
        agent = w.agents[COPY_WRITES]
        words = words_of(target, size)
        shared.history.write(words, w.clock, PLAIN, agent, w.group_epoch(COPY_WRITES), "a cp.async")
        places = []
        reading = np.flatnonzero(lengths > 0)
        for buffer, positions in w.cluster.launch.memory.split(origin[reading], 1):
            check_dependency(w, buffer, False)
            buffer.read = True
            for n in reading[positions]:
                first = int(origin[n]) - buffer.base
                if first + int(lengths[n]) > buffer.size:
                    raise Violation("global-out-of-bounds", f"byte {first + int(lengths[n])} of {buffer.size}")
            places.append((buffer, reading[positions]))

        def perform():
            data = np.zeros((len(lanes), size), np.uint8)
            for buffer, positions in places:
                offsets = (origin[positions] - buffer.base)[:, None] + np.arange(size)
                wanted = np.arange(size) < lengths[positions][:, None]
                data[positions] = np.where(wanted, buffer.bytes[np.minimum(offsets, buffer.size - 1)], 0)
            shared.bytes[target[:, None] + np.arange(size)] = data

        if w.cluster.late:
            w.copies.append(perform)
        else:
            perform()

    return Effect(run)


@instruction("cp.async.commit_group")
def commit_copies(d, item):
    def run(w, m):
        w.copy_groups.append(w.copies)
        w.copies = []

    return Effect(run)


@instruction("cp.async.wait_group", "cp.async.wait_all")
def wait_copies(d, item):
    everything = item.parts[2] == "wait_all"
    allowed = 0 if everything else item.operands[0].bits

    def run(w, m):
        if everything:
            w.copy_groups.append(w.copies)
            w.copies = []
        while len(w.copy_groups) > allowed:
            for perform in w.copy_groups.pop(0):
                perform()
            w.copies_done += 1
        w.clock[PLAIN, w.agents[COPY_WRITES]] = w.copies_done

    return Effect(run)


def single_lane(m) -> int:
    lanes = np.arange(32)[lanes_of(m)]
    if len(lanes) != 1:
        raise Violation("single-thread", f"{len(lanes)} lanes")
    return int(lanes[0])


class TensorOperand:
    """[tensor map, {coordinates}], innermost coordinate first."""

    def __init__(self, d, operand, rank: int):
        if not isinstance(operand, Address) or len(operand.coordinates) != rank:
            raise d.error(f"expected a tensor map with {rank} coordinates")
        self.address = d.address_value(operand.base, operand.offset)
        self.coordinates = [d.source(c, "s32") for c in operand.coordinates]

    def at(self, w, lane):
        place = int(self.address(w)[lane])
        tensor_map = w.cluster.launch.tensor_maps.get(place)
        if tensor_map is None:
            raise Violation("tensor-map-argument", f"no parameter at {place:#x}")
        if len(tensor_map.dims) != len(self.coordinates):
            raise Violation(
                "tensor-map-argument", f"rank {len(tensor_map.dims)}, found {len(self.coordinates)} coordinates"
            )
        return tensor_map, [int(w.v[view][row][lane]) for view, row in self.coordinates]


def _rank(d, item) -> int:
    found = next((part for part in item.parts if part[1:] == "d" and part[0].isdigit()), None)
    if found is None or any(part.startswith(("im2col", "gather4", "scatter4", "tile::")) for part in item.parts):
        raise d.error("only tiled tensor copies are modelled")
    return int(found[0])


def _deliver(w, place: int, barrier_place: int, size: int, blocks, write):
    """Issues a copy into shared memory at the same offset of each block: `write(shared, offset)` happens later."""
    for block in blocks:
        offset = place & ((1 << 24) - 1)
        w.cluster.block_of(block.rank << 24)
        block.shared.check_bounds(offset, size)
        mbarrier = mbarrier_at(w, block.rank << 24 | barrier_place & ((1 << 24) - 1))
        check_visible(w, mbarrier)
        words = slice(offset >> 1, (offset + size) >> 1)
        what = "an asynchronous copy into shared memory"
        block.shared.history.write(words, w.clock, ASYNC, mbarrier.agent, mbarrier.completed + 1, what)

        def perform(block=block, mbarrier=mbarrier, offset=offset):
            write(block.shared, offset)
            mbarrier.transact(-size)

        w.cluster.later(perform)
    w.cluster.counters["bytes copied to shared"] += size * len(blocks)


def _targets(w, item, place, mask, lane):
    if mask is None:
        rank = place >> 24
        if "shared::cta" in item.parts and rank != w.block.rank:
            raise Violation("shared-of-other-block", f"block {rank} from block {w.block.rank}")
        return [w.cluster.block_of(place)[0]]
    bits = int(w.v[mask[0]][mask[1]][lane])
    if bits >> len(w.cluster.blocks) or not bits:
        raise Violation("shared-out-of-bounds", f"multicast mask {bits:#x} in a cluster of {len(w.cluster.blocks)}")
    return [block for block in w.cluster.blocks if bits >> block.rank & 1]


@instruction("cp.async.bulk.tensor")
def tensor_copy(d, item):
    rank = _rank(d, item)
    if item.parts[5] == "global":
        return _tensor_store(d, item, rank, item.operands, False)
    if not any(part.startswith("mbarrier::complete_tx") for part in item.parts):
        raise d.error("expected completion on an mbarrier")
    destination, barrier = d.address(item.operands[0]), d.address(item.operands[2])
    source = TensorOperand(d, item.operands[1], rank)
    rest = list(item.operands[3:])
    mask = d.source(rest.pop(0), "b16") if "multicast::cluster" in item.parts else None
    if "L2::cache_hint" in item.parts:
        d.source(rest.pop(0), "b64")
    if rest:
        raise d.error("unexpected operands")

    def run(w, m):
        lane = single_lane(m)
        tensor_map, coordinates = source.at(w, lane)
        place = int(destination(w)[lane])
        check_aligned(np.array([place]), 128)
        check_dependency(w, tensor_map.device_buffer, False)
        tensor_map.device_buffer.read = True

        def write(shared, offset):
            shared.chunks[tensor_map.places(offset)] = tensor_map.load(coordinates)

        blocks = _targets(w, item, place, mask, lane)
        _deliver(w, place, int(barrier(w)[lane]), tensor_map.bytes, blocks, write)

    return Effect(run, waits=True)


@instruction("cp.async.bulk")
def bulk_copy(d, item):
    """Without a tensor map: contiguous bytes, a multiple of 16."""
    if item.parts[3] == "global":
        return _bulk_store(d, item)
    if not item.parts[3].startswith("shared") or not any(p.startswith("mbarrier::complete_tx") for p in item.parts):
        raise d.error("this form of bulk copy is not modelled")
    destination, source, barrier = (d.address(item.operands[n]) for n in (0, 1, 3))
    count = d.source(item.operands[2], "u32")
    from_shared = item.parts[4].startswith("shared")
    rest = list(item.operands[4:])
    mask = d.source(rest.pop(0), "b16") if "multicast::cluster" in item.parts else None

    def run(w, m):
        lane = single_lane(m)
        place, origin = int(destination(w)[lane]), int(source(w)[lane])
        size = int(w.v[count[0]][count[1]][lane])
        check_aligned(np.array([place, origin, size]), 16)
        read = _shared_reader(w, origin, size) if from_shared else _global_reader(w, origin, size)

        def write(shared, offset):
            shared.bytes[offset : offset + size] = read()

        _deliver(w, place, int(barrier(w)[lane]), size, _targets(w, item, place, mask, lane), write)

    return Effect(run, waits=True)


def _global_reader(w, origin, size):
    buffer = w.cluster.launch.memory.find(origin, size)
    check_dependency(w, buffer, False)
    buffer.read = True
    first = origin - buffer.base
    return lambda: buffer.bytes[first : first + size]


def _shared_reader(w, origin, size):
    block, offset = w.cluster.block_of(origin)
    block.shared.check_bounds(offset, size)
    words = slice(offset >> 1, (offset + size) >> 1)
    block.shared.history.check_read(words, w.clock, ASYNC, "a bulk copy from shared memory")
    return lambda: block.shared.bytes[offset : offset + size]


class BulkStore:
    """From shared memory: read at the latest before the wait that asks for it, written at the latest at the end."""

    def __init__(self, read, write):
        self.read, self.write, self.data = read, write, None

    def take(self):
        if self.data is None:
            self.data = self.read().copy()

    def finish(self):
        self.take()
        self.write(self.data)


def _issue_store(w, lane, offset, size, read, write):
    shared = w.block.shared
    shared.check_bounds(offset, size)
    words = slice(offset >> 1, (offset + size) >> 1)
    shared.history.check_read(words, w.clock, ASYNC, "a bulk store from shared memory")
    shared.history.note_region_read(
        contiguous(words.start, words.stop), w.agents[BULK_READS], w.group_epoch(BULK_READS)
    )
    if (w.stores or w.store_groups) and lane != w.store_lane:
        raise PTXError("bulk groups of two threads of one warp at a time are not modelled")
    w.store_lane = lane
    store = BulkStore(read, write)
    if w.cluster.late:
        w.stores.append(store)
    else:
        store.finish()
        w.stores.append(None)
    w.cluster.counters["bytes stored from shared"] += size


def _tensor_store(d, item, rank, operands, add):
    target, source = TensorOperand(d, operands[0], rank), d.address(operands[1])
    if "bulk_group" not in item.parts:
        raise d.error("expected .bulk_group")

    def run(w, m):
        lane = single_lane(m)
        tensor_map, coordinates = target.at(w, lane)
        place = int(source(w)[lane])
        check_aligned(np.array([place]), 128)
        if place >> 24 != w.block.rank:
            raise Violation("shared-of-other-block", f"block {place >> 24}")
        offset = place & ((1 << 24) - 1)
        check_dependency(w, tensor_map.device_buffer, True)
        tensor_map.device_buffer.written = True
        chunks = w.block.shared.chunks
        _issue_store(
            w,
            lane,
            offset,
            tensor_map.bytes,
            lambda: chunks[tensor_map.places(offset)],
            lambda data: tensor_map.store(coordinates, data, add),
        )

    return Effect(run)


@instruction("cp.reduce.async.bulk.tensor")
def tensor_reduction(d, item):
    if "add" not in item.parts:
        raise d.error("only .add is modelled")
    return _tensor_store(d, item, _rank(d, item), item.operands, True)


def _bulk_store(d, item):
    target, source = d.address(item.operands[0]), d.address(item.operands[1])
    count = d.source(item.operands[2], "u32")

    def run(w, m):
        lane = single_lane(m)
        place, origin = int(target(w)[lane]), int(source(w)[lane])
        size = int(w.v[count[0]][count[1]][lane])
        check_aligned(np.array([place, origin, size]), 16)
        buffer = w.cluster.launch.memory.find(place, size)
        check_dependency(w, buffer, True)
        buffer.written = True
        first, offset, memory = place - buffer.base, origin & ((1 << 24) - 1), w.block.shared.bytes

        def write(data):
            buffer.bytes[first : first + size] = data

        _issue_store(w, lane, offset, size, lambda: memory[offset : offset + size], write)

    return Effect(run)


@instruction("cp.async.bulk.commit_group")
def commit_stores(d, item):
    def run(w, m):
        if m is True or not w.stores or m[w.store_lane]:
            w.store_groups.append(w.stores)
            w.stores = []

    return Effect(run)


@instruction("cp.async.bulk.wait_group")
def wait_stores(d, item):
    """Only the thread that issued a group waits for it: for other threads this is no wait."""
    allowed, read_only = item.operands[0].bits, "read" in item.parts
    if not isinstance(item.operands[0], Immediate):
        raise d.error("expected an immediate count")

    def run(w, m):
        if m is not True and w.store_groups and not m[w.store_lane]:
            return
        while len(w.store_groups) > allowed:
            for store in w.store_groups.pop(0):
                if store is not None:
                    store.take()
                    w.unwritten.append(store)
            w.stores_read += 1
        w.clock[PLAIN, w.agents[BULK_READS]] = w.stores_read
        if not read_only:
            for store in w.unwritten:
                store.finish()
            w.unwritten.clear()

    return Effect(run)


@instruction("cp.async.bulk.prefetch")
def prefetch(d, item):
    """A hint; the tensor map must be one."""
    if item.parts[4] != "tensor":
        return Effect(lambda w, m: None)
    source = TensorOperand(d, item.operands[0], _rank(d, item))
    return Effect(lambda w, m: source.at(w, single_lane(m)) and None)
