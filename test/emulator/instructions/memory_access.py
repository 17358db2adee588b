# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""ld, st, atom and red in the global, shared, local, parameter and generic spaces, and prefetches.

Source: PTX ISA, "Data Movement and Conversion Instructions: ld, ld.global.nc, st, prefetch", "atom", "red".
"""

import numpy as np

from ..checks import Violation
from ..memory import (
    ALL_LANES,
    GLOBAL_BASE,
    LOCAL_WINDOW,
    OFFSET_MASK,
    SHARED_WINDOW,
    bank_conflicts,
    check_aligned,
    words_of,
)
from ..numbers import bf16_value, bits_of
from ..ordering import PLAIN
from ..program import VIEWS, Decoder, Effect, instruction, view_of
from ..ptx import PARAMETER_BASE, Address, Register, Symbol

_QUALIFIERS = {
    "weak",
    "relaxed",
    "acquire",
    "release",
    "acq_rel",
    "volatile",
    "cta",
    "cluster",
    "gpu",
    "sys",
    "nc",
    "ca",
    "cg",
    "cs",
    "cv",
    "lu",
    "wb",
    "wt",
    "mmio",
}
_CACHE_HINTS = ("L1::", "L2::")


def lanes_of(m):
    return ALL_LANES if m is True else np.flatnonzero(m)


def check_dependency(w, buffer, writing: bool):
    """Memory of earlier grids of a programmatic chain may be touched only after griddepcontrol.wait."""
    only_writes = w.cluster.launch.dependent.get(id(buffer))
    if only_writes is None or only_writes and not writing:
        return
    if w.clock[PLAIN, w.cluster.dependency] == 0:
        w.cluster.fail("dependency-wait-missing", f"a buffer of {buffer.size} bytes, {'write' if writing else 'read'}")


class GlobalSpace:
    @staticmethod
    def load(w, addresses, size, count):
        check_aligned(addresses, size * count)
        result = np.empty((count, len(addresses)), f"u{size}")
        for buffer, positions in w.cluster.launch.memory.split(addresses, size * count):
            check_dependency(w, buffer, False)
            buffer.read = True
            first = (addresses[positions] - buffer.base) // size
            for n in range(count):
                result[n, positions] = buffer.view(size)[first + n]
        return result

    @staticmethod
    def store(w, addresses, size, values):
        check_aligned(addresses, size * len(values))
        for buffer, positions in w.cluster.launch.memory.split(addresses, size * len(values)):
            check_dependency(w, buffer, True)
            buffer.written = True
            first = (addresses[positions] - buffer.base) // size
            for n, value in enumerate(values):
                buffer.view(size)[first + n] = value[positions]


class SharedSpace:
    """`own_block`: shared::cta, where an address of another block is an error."""

    def __init__(self, own_block: bool):
        self.own_block = own_block

    def parts(self, w, addresses):
        ranks = addresses >> 24
        first = int(ranks[0])
        if (ranks == first).all():
            groups = [(first, ALL_LANES)]
        else:
            groups = [(int(rank), np.flatnonzero(ranks == rank)) for rank in np.unique(ranks)]
        for rank, positions in groups:
            if self.own_block and rank != w.block.rank:
                raise Violation("shared-of-other-block", f"block {rank} from block {w.block.rank}")
            block, _ = w.cluster.block_of(rank << 24)
            block.visit(w)
            yield block.shared, positions, addresses[positions] & OFFSET_MASK

    def load(self, w, addresses, size, count):
        check_aligned(addresses, size * count)
        result = np.empty((count, len(addresses)), f"u{size}")
        for shared, positions, offsets in self.parts(w, addresses):
            shared.check_bounds(offsets, size * count)
            words = words_of(offsets, size * count)
            shared.history.check_read(words, w.clock, PLAIN, "a read of shared memory")
            shared.history.note_read(words, w.agent, w.epoch)
            w.cluster.counters["bank conflicts"] += bank_conflicts(offsets, size * count)
            for n in range(count):
                result[n, positions] = shared.views[size][offsets // size + n]
        return result

    def store(self, w, addresses, size, values):
        width = size * len(values)
        check_aligned(addresses, width)
        for shared, positions, offsets in self.parts(w, addresses):
            shared.check_bounds(offsets, width)
            what = "a write of shared memory"
            shared.history.write(words_of(offsets, width), w.clock, PLAIN, w.agent, w.epoch, what)
            w.cluster.counters["bank conflicts"] += bank_conflicts(offsets, width)
            for n, value in enumerate(values):
                shared.views[size][offsets // size + n] = value[positions]


def _local(w):
    if w.local_bytes is None:
        w.local_bytes = np.zeros((32, w.cluster.launch.program.local_size), np.uint8)
        w.local_written = np.zeros_like(w.local_bytes, bool)
    return w.local_bytes, w.local_written


class LocalSpace:
    """Every lane has a frame of its own; `lanes` pairs addresses with lanes."""

    def __init__(self, lanes):
        self.lanes = np.arange(32)[lanes]

    def index(self, w, addresses, size):
        check_aligned(addresses, size)
        offsets = addresses - LOCAL_WINDOW
        if offsets.min() < 0 or offsets.max() + size > w.cluster.launch.program.local_size:
            raise Violation(
                "local-out-of-bounds", f"{int(offsets.max())} of {w.cluster.launch.program.local_size} bytes"
            )
        return self.lanes[:, None], offsets[:, None] + np.arange(size)

    def load(self, w, addresses, size, count):
        memory, written = _local(w)
        place = self.index(w, addresses, size * count)
        if not written[place].all():
            w.cluster.fail("uninitialised-local", "a frame")
        return np.ascontiguousarray(memory[place]).view(f"u{size}").T

    def store(self, w, addresses, size, values):
        memory, written = _local(w)
        place = self.index(w, addresses, size * len(values))
        memory[place] = np.ascontiguousarray(np.stack(values).T).view(np.uint8)
        written[place] = True


class GenericSpace:
    """The window that an address lies in says the space."""

    def __init__(self, lanes):
        self.lanes = lanes

    def space(self, addresses):
        low, high = int(addresses.min()), int(addresses.max())
        if low >= LOCAL_WINDOW:
            return LocalSpace(self.lanes), addresses
        if low >= SHARED_WINDOW and high < LOCAL_WINDOW:
            return SharedSpace(False), addresses - SHARED_WINDOW
        if high >= SHARED_WINDOW or low < GLOBAL_BASE:
            raise Violation("global-out-of-bounds", f"generic addresses {low:#x} ... {high:#x} lie in no one space")
        return GlobalSpace, addresses

    def load(self, w, addresses, size, count):
        space, addresses = self.space(addresses)
        return space.load(w, addresses, size, count)

    def store(self, w, addresses, size, values):
        space, addresses = self.space(addresses)
        return space.store(w, addresses, size, values)


def _space(d, name, lanes):
    if name == "global":
        return GlobalSpace
    if name.startswith("shared"):
        return SharedSpace(name != "shared::cluster")
    if name == "local":
        return LocalSpace(lanes)
    return GenericSpace(lanes)


def _split(d: Decoder, item):
    """(space, element type, vector length) of ld, st, atom, red."""
    space, type_, length = "generic", item.parts[-1], 1
    for part in item.parts[1:-1]:
        if part in ("global", "shared", "shared::cta", "shared::cluster", "local", "param", "const"):
            space = part
        elif part in ("v2", "v4", "v8"):
            length = int(part[1:])
        elif part not in _QUALIFIERS and not part.startswith(_CACHE_HINTS) and part not in _OPERATIONS:
            raise d.error(f"unknown qualifier .{part}")
    return space, type_, length


def _register_type(d, operand, type_):
    """Registers may be wider than what is moved."""
    actual = d.register_class(operand)
    return type_ if not actual or VIEWS[type_][0] == actual else "u" + actual[1:]


def _bits(type_):
    return int(type_.lstrip("busf").removesuffix("x2")) * (2 if type_.endswith("x2") else 1)


@instruction("ld")
def load(d, item):
    space, type_, length = _split(d, item)
    size = _bits(type_) // 8
    elements = d.elements(item.operands[0])
    if len(elements) != length:
        raise d.error(f"expected {length} destinations")
    targets = [d.destination(e, _register_type(d, e, type_)) for e in elements]
    if space == "param":
        return _load_parameter(d, item.operands[1], size, targets)
    address = d.address(item.operands[1])
    signed = type_[0] == "s"
    read_only = "nc" in item.parts

    def run(w, m):
        lanes = lanes_of(m)
        addresses = address(w)[lanes]
        values = _space(d, space, lanes).load(w, addresses, size, length)
        if read_only:
            w.cluster.launch.read_only.update(id(b) for b, _ in w.cluster.launch.memory.split(addresses, size))
        for (view, row), value in zip(targets, values, strict=True):
            target = w.v[view][row]
            target[lanes] = value.view(f"i{size}") if signed else _fit(value, target)

    return Effect(run)


def _fit(value, target):
    """The bits of `value` in the dtype of a register row."""
    if value.dtype.itemsize == target.dtype.itemsize:
        return value.view(target.dtype)
    return value.astype(f"u{target.dtype.itemsize}").view(target.dtype)


def _load_parameter(d, operand, size, targets):
    parameters = d.program.kernel.parameters
    if not isinstance(operand, Address) or not isinstance(operand.base, Symbol):
        raise d.error("ld.param is modelled at constant places only")
    parameter = next((p for p in parameters if p.name == operand.base.name), None)
    offset = operand.offset + operand.base.offset
    if parameter is None or offset + size * len(targets) > parameter.size:
        raise d.error("expected a place inside a parameter")
    start = parameter.offset + offset

    def run(w, m):
        values = w.cluster.launch.parameters[start : start + size * len(targets)].view(f"u{size}")
        for (view, row), value in zip(targets, values, strict=True):
            target = w.v[view][row]
            target[lanes_of(m)] = _fit(np.array([value]), target)

    return Effect(run)


@instruction("st")
def store(d, item):
    space, type_, length = _split(d, item)
    size = _bits(type_) // 8
    elements = d.elements(item.operands[1])
    if len(elements) != length:
        raise d.error(f"expected {length} sources")
    sources = [d.source(e, _register_type(d, e, type_)) for e in elements]
    address = d.address(item.operands[0])

    def run(w, m):
        lanes = lanes_of(m)
        values = [w.v[view][row][lanes] for view, row in sources]
        values = [v.view(f"u{v.dtype.itemsize}").astype(f"u{size}") for v in values]
        _space(d, space, lanes).store(w, address(w)[lanes], size, values)

    return Effect(run)


def _minmax(function):
    return lambda old, x, _: function(old, x)


_OPERATIONS = {
    "add": lambda old, x, _: old + x,
    "min": _minmax(np.minimum),
    "max": _minmax(np.maximum),
    "and": lambda old, x, _: old & x,
    "or": lambda old, x, _: old | x,
    "xor": lambda old, x, _: old ^ x,
    "exch": lambda old, x, _: x,
    "cas": lambda old, x, y: np.where(old == x, y, old),
    "inc": lambda old, x, _: np.where(old >= x, 0, old + 1),
    "dec": lambda old, x, _: np.where((old == 0) | (old > x), x, old - 1),
    "noftz": None,
}


def _typed_operation(operation, type_):
    """On rows of unsigned bits."""
    if type_ in ("bf16", "bf16x2", "f16", "f16x2"):
        half = type_.removesuffix("x2")

        def on_half(old, x):
            value = bf16_value if half == "bf16" else lambda bits: bits.view(np.float16).astype(np.float32)
            return bits_of(_OPERATIONS[operation](value(old), value(x), None), half)

        def on_halves(old, x, _):
            old, x = np.ascontiguousarray(old), np.ascontiguousarray(x)
            return np.ascontiguousarray(on_half(old.view(np.uint16), x.view(np.uint16))).view(old.dtype)

        return on_halves
    dtype = np.dtype({"b": "u"}.get(type_[0], {"s": "i"}.get(type_[0], type_[0])) + str(_bits(type_) // 8))

    def on_bits(old, x, y):
        args = [np.ascontiguousarray(v).view(dtype) if v is not None else None for v in (old, x, y)]
        return np.ascontiguousarray(_OPERATIONS[operation](*args).astype(dtype)).view(old.dtype)

    return on_bits


@instruction("atom", "red")
def atomic(d, item):
    space, type_, length = _split(d, item)
    operation = next((p for p in item.parts[1:-1] if p in _OPERATIONS and p != "noftz"), None)
    if operation is None or space not in ("global", "shared", "shared::cta", "shared::cluster", "generic"):
        raise d.error("this form of atomic is not modelled")
    returns = item.parts[0] == "atom"
    operands = item.operands[1:] if returns else item.operands
    size = _bits(type_) // 8
    register_type = {2: "b16", 4: "b32", 8: "b64"}[size]
    targets = [d.destination(e, register_type) for e in d.elements(item.operands[0])] if returns else []
    sources = [
        d.source(e, type_ if not isinstance(e, Register) and type_ in ("f32", "f64") else register_type)
        for e in d.elements(operands[1])
    ]
    second = d.source(operands[2], register_type) if operation == "cas" else None
    address = d.address(operands[0])
    update = _typed_operation(operation, type_)
    register_view = view_of(register_type)

    def run(w, m):
        lanes = np.arange(32)[lanes_of(m)]
        addresses = address(w)[lanes]
        values = [w.v[register_view][row][lanes] for _, row in sources]
        other = w.v[register_view][second[1]][lanes] if second else None
        if len(np.unique(addresses)) == len(addresses):
            parts = [np.arange(len(lanes))]
        else:  # lanes that meet at one address go one after another
            parts = [np.array([n]) for n in range(len(lanes))]
        for part in parts:
            place = _AtomicSpace(space, lanes[part])
            old = place.load(w, addresses[part], size, length)
            new = [
                update(o, v[part], other[part] if other is not None else None) for o, v in zip(old, values, strict=True)
            ]
            place.store(w, addresses[part], size, new)
            for (view, row), value in zip(targets, old, strict=returns):
                w.v[view][row][lanes[part]] = _fit(value, w.v[view][row])

    return Effect(run)


class _AtomicSpace:
    """Atomics are ordered among themselves: on shared memory they are no race with each other."""

    def __init__(self, space, lanes):
        self.space = GlobalSpace if space == "global" else GenericSpace(lanes) if space == "generic" else None
        self.shared = SharedSpace(space != "shared::cluster")

    def resolve(self, addresses):
        space = self.space
        if isinstance(space, GenericSpace):
            space, addresses = space.space(addresses)
        return (None if isinstance(space, SharedSpace) else space), addresses

    def load(self, w, addresses, size, count):
        space, addresses = self.resolve(addresses)
        if space is not None:
            return space.load(w, addresses, size, count)
        check_aligned(addresses, size * count)
        result = np.empty((count, len(addresses)), f"u{size}")
        for shared, positions, offsets in self.shared.parts(w, addresses):
            shared.check_bounds(offsets, size * count)
            for n in range(count):
                result[n, positions] = shared.views[size][offsets // size + n]
        return result

    def store(self, w, addresses, size, values):
        space, addresses = self.resolve(addresses)
        if space is not None:
            space.store(w, addresses, size, values)
            return
        for shared, positions, offsets in self.shared.parts(w, addresses):
            shared.history.written[words_of(offsets, size * len(values))] = w.agent << 32 | w.epoch
            for n, value in enumerate(values):
                shared.views[size][offsets // size + n] = value[positions]


@instruction("prefetch", "prefetchu")
def prefetch(d, item):
    """A hint; prefetch.tensormap must name a tensor map."""
    tensor_map = item.parts[-1] == "tensormap"
    operand = item.operands[0]
    if "param" in item.parts and isinstance(operand.base, Symbol):
        row = d.program.symbol(operand.base, "b64")
        view = view_of("s64")

        def address(w):
            return w.v[view][row]
    else:
        address = d.address(operand)

    def run(w, m):
        if tensor_map:
            place = int(address(w)[lanes_of(m)][0])
            if place not in w.cluster.launch.tensor_maps:
                raise Violation("tensor-map-argument", f"address {place - PARAMETER_BASE} of the parameters")

    return Effect(run)
