# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Decodes a kernel once into functions over numpy rows of 32 lanes.

Registers, immediates and special registers all live in one file per width, so that every source is a row number.
Most instructions are `Pure`: a function of rows. Between two instructions that are not, pure ones of the same kind
that do not depend on each other run as one numpy operation over a matrix of rows: what an unrolled epilogue or a
block of mma.sync costs is then numpy's work, not Python's.
"""

import dataclasses
from collections.abc import Callable

import numpy as np

from .checks import PTXError, Violation
from .control_flow import ControlFlow, branch_targets
from .ptx import (
    SPECIAL_REGISTERS,
    SPECIAL_REGISTERS_64,
    Address,
    Immediate,
    Instruction,
    Kernel,
    Register,
    Symbol,
    Vector,
)

CLASSES = ("pred", "b16", "b32", "b64")
STORAGE = {"pred": np.dtype(bool), "b16": np.dtype(np.uint16), "b32": np.dtype(np.uint32), "b64": np.dtype(np.uint64)}
# The view of a register file that a PTX type reads.
VIEWS = {
    "pred": ("pred", bool),
    "b8": ("b16", np.uint16),
    "u8": ("b16", np.uint16),
    "s8": ("b16", np.int16),
    "b16": ("b16", np.uint16),
    "u16": ("b16", np.uint16),
    "s16": ("b16", np.int16),
    "f16": ("b16", np.float16),
    "bf16": ("b16", np.uint16),
    "b32": ("b32", np.uint32),
    "u32": ("b32", np.uint32),
    "s32": ("b32", np.int32),
    "f32": ("b32", np.float32),
    "f16x2": ("b32", np.uint32),
    "bf16x2": ("b32", np.uint32),
    "tf32": ("b32", np.uint32),
    "b64": ("b64", np.uint64),
    "u64": ("b64", np.uint64),
    "s64": ("b64", np.int64),
    "f64": ("b64", np.float64),
}
VIEW_KEYS = sorted({(c, np.dtype(d).str) for c, d in VIEWS.values()})
VIEW_NUMBER = {key: number for number, key in enumerate(VIEW_KEYS)}


def view_of(type_: str) -> int:
    register_class, dtype = VIEWS[type_]
    return VIEW_NUMBER[register_class, np.dtype(dtype).str]


@dataclasses.dataclass
class Pure:
    """`compute(*rows)` gives the row of the destination, or a tuple of rows. It must take leading axes too.
    Instructions with equal `key` compute the same. `aligned` ones need all lanes."""

    key: tuple
    compute: Callable
    destinations: tuple[tuple[int, int], ...]  # (view, row)
    sources: tuple[tuple[int, int], ...]
    aligned: bool = False


@dataclasses.dataclass
class Effect:
    """`run(warp, mask)` does it all; with `waits`, it may answer BLOCKED or RETRY and is a scheduling point."""

    run: Callable
    waits: bool = False


BLOCKED, RETRY = "blocked", "retry"
REGISTRY: dict[str, Callable] = {}


def instruction(*names: str):
    """Registers a decoder of the instructions whose opcode starts with one of `names`: the longest match decides."""

    def register(decode):
        for name in names:
            REGISTRY[name] = decode
        return decode

    return register


def same_class(a: str, b: str) -> bool:
    return VIEWS[a][0] == VIEWS[b][0]


class Decoder:
    """What decoders of instructions ask for: rows of operands, with reads and writes noted."""

    def __init__(self, program: "Program", item: Instruction):
        self.program, self.item = program, item
        self.reads, self.writes = set(), set()
        self.conditional_reads = set()  # read as other operands say: checked while running

    def error(self, sentence: str) -> PTXError:
        return PTXError(f"line {self.item.line}: {sentence}: '{self.item.text}'")

    def row(self, operand, register_class: str, write: bool = False) -> int:
        program = self.program
        if isinstance(operand, Register):
            if operand.name == "_":
                return program.scratch(register_class)
            found, row = program.slot(operand.name)
            if found != register_class:
                raise self.error(
                    f"expected a register of class {register_class}, found {operand.name} of class {found}"
                )
            if operand.name in program.kernel.registers:
                (self.writes if write else self.reads).add(operand.name)
            return row
        if write:
            raise self.error("expected a register to write")
        if isinstance(operand, Symbol):
            return program.symbol(operand, register_class)
        raise self.error(f"unexpected operand {operand}")

    def source(self, operand, type_: str) -> tuple[int, int]:
        register_class = VIEWS[type_][0]
        if isinstance(operand, Immediate):
            return view_of(type_), self.program.constant(self.constant_bits(operand, type_), register_class)
        if isinstance(operand, Register) and operand.negated:
            raise self.error("a negated predicate is not modelled here")
        return view_of(type_), self.row(operand, register_class)

    def constant_bits(self, operand: Immediate, type_: str) -> int:
        width = STORAGE[VIEWS[type_][0]].itemsize * 8 if type_ != "pred" else 1
        if operand.float_bytes == 8 and type_ == "f32":
            return int(np.uint64(operand.bits).view(np.float64).astype(np.float32).view(np.uint32))
        if operand.float_bytes == 4 and type_ == "f64":
            return int(np.uint32(operand.bits).view(np.float32).astype(np.float64).view(np.uint64))
        if operand.float_bytes == 0 and type_ in ("f32", "f64"):
            value = np.dtype(VIEWS[type_][1]).type(operand.bits)
            return int(value.view(f"u{value.itemsize}"))
        return operand.bits & ((1 << width) - 1)

    def destination(self, operand, type_: str) -> tuple[int, int]:
        return view_of(type_), self.row(operand, VIEWS[type_][0], write=True)

    def register_class(self, operand) -> str:
        return self.program.slot(operand.name)[0] if isinstance(operand, Register) and operand.name != "_" else ""

    def pure(self, compute, type_: str, source_types: list[str], variant: str = "") -> Pure:
        """The common shape: first operand written, the others read."""
        operands = self.item.operands
        if len(operands) != len(source_types) + 1:
            raise self.error(f"expected {len(source_types) + 1} operands, found {len(operands)}")
        sources = tuple(self.source(o, t) for o, t in zip(operands[1:], source_types, strict=True))
        return Pure((self.item.opcode, variant), compute, (self.destination(operands[0], type_),), sources)

    def address(self, operand) -> Callable:
        """A function of a warp that gives the 32 addresses as int64."""
        if not isinstance(operand, Address):
            raise self.error("expected an address in brackets")
        return self.address_value(operand.base, operand.offset)

    def address_value(self, base, offset: int = 0) -> Callable:
        if isinstance(base, Immediate):
            row = self.program.constant(base.bits & (1 << 64) - 1, "b64")
            view = view_of("s64")
        elif isinstance(base, Register) and self.register_class(base) == "b32":
            row, view = self.row(base, "b32"), view_of("u32")
        else:
            row, view = self.row(base, "b64"), view_of("s64")
        if offset == 0 and view == view_of("s64"):
            return lambda w: w.v[view][row]
        return lambda w: w.v[view][row].astype(np.int64) + offset

    def elements(self, operand) -> tuple:
        return operand.elements if isinstance(operand, Vector) else (operand,)


class Program:
    """A kernel ready to run: rows of registers, steps, and what the checks must know of each."""

    def __init__(self, kernel: Kernel):
        self.kernel = kernel
        self.slots: dict[str, tuple[str, int]] = {}
        self.counts = dict.fromkeys(CLASSES, 0)
        self.constants: dict[str, dict[int, int]] = {c: {} for c in CLASSES}
        self.specials: dict[object, tuple[str, int]] = {}  # special register or symbol → row
        self.wgmma_registers: set[str] = set()
        self.uses_local = bool(kernel.local)
        for name, register_class in kernel.registers.items():
            self.slots[name] = (register_class, self._new(register_class))
        self._lay_out_variables()
        self.flow = ControlFlow(kernel)
        self.decoded, self.reads, self.writes, self.predicates, possible = [], [], [], [], []
        for item in kernel.instructions:
            possible.append(self._decode(item))
        certain = [p is None for p in self.predicates]
        self.watched = self.flow.assigned_before(possible, self.writes, certain)
        self.block_starts = frozenset(self.flow.starts)
        self._runs: dict[int, tuple] = {}
        self._single: dict[int, Callable] = {}
        self.predicate_view, self.u32_view = view_of("pred"), view_of("u32")

    def _new(self, register_class: str) -> int:
        self.counts[register_class] += 1
        return self.counts[register_class] - 1

    def _lay_out_variables(self):
        """Offsets of static shared variables, from 1024 on; the dynamic ones follow, together."""
        self.shared_offsets, self.local_offsets, offset = {}, {}, 1024
        for variable in sorted(self.kernel.shared, key=lambda v: v.size == 0):
            offset = -(-offset // variable.alignment) * variable.alignment
            self.shared_offsets[variable.name] = offset
            offset += variable.size
        self.static_end, self.local_size = offset, 0
        for variable in self.kernel.local:
            self.local_size = -(-self.local_size // variable.alignment) * variable.alignment
            self.local_offsets[variable.name] = self.local_size
            self.local_size += variable.size

    def slot(self, name: str) -> tuple[str, int]:
        if name in SPECIAL_REGISTERS or name in SPECIAL_REGISTERS_64:
            if name not in self.specials:
                register_class = "b64" if name in SPECIAL_REGISTERS_64 else "b32"
                self.specials[name] = (register_class, self._new(register_class))
            return self.specials[name]
        return self.slots[name]

    def scratch(self, register_class: str) -> int:
        return self._new(register_class)

    def constant(self, bits: int, register_class: str) -> int:
        rows = self.constants[register_class]
        if bits not in rows:
            rows[bits] = self._new(register_class)
        return rows[bits]

    def symbol(self, symbol: Symbol, register_class: str) -> int:
        known = symbol.name in self.shared_offsets or symbol.name in self.local_offsets
        if not known and not any(symbol.name == p.name for p in self.kernel.parameters):
            raise PTXError(f"kernel {self.kernel.name}: unknown symbol '{symbol.name}'")
        key = (symbol, register_class)
        if key not in self.specials:
            self.specials[key] = (register_class, self._new(register_class))
        return self.specials[key][1]

    def _decode(self, item: Instruction) -> frozenset:
        decoder = Decoder(self, item)
        if item.parts[0] in ("bra", "brx", "ret", "exit"):
            decoded = item.parts[0]
            if decoded == "brx":
                decoder.row(item.operands[0], "b32")
        else:
            parts = item.parts
            for length in range(len(parts), 0, -1):
                if decode := REGISTRY.get(".".join(parts[:length])):
                    break
            else:
                raise decoder.error(f"unknown instruction '{item.opcode}'")
            decoded = decode(decoder, item)
        predicate = None
        if item.predicate:
            row = decoder.row(dataclasses.replace(item.predicate, negated=False), "pred")
            predicate = (row, item.predicate.negated)
        self.decoded.append(decoded)
        self.reads.append(frozenset(decoder.reads))
        self.writes.append(frozenset(decoder.writes))
        self.predicates.append(predicate)
        return frozenset(decoder.reads | decoder.conditional_reads)

    def targets(self, index: int) -> list[int]:
        return branch_targets(self.kernel, index)

    def executable(self, index: int) -> Callable:
        """One instruction as a function of (warp, mask)."""
        decoded = self.decoded[index]
        run = execute_pure(decoded) if isinstance(decoded, Pure) else decoded.run
        watched_reads = self.reads[index] & self.watched
        watched_writes = self.writes[index] & self.watched
        if not watched_reads and not watched_writes:
            return run

        def checked(w, m):
            w.check_assigned(watched_reads, m)
            result = run(w, m)
            if result != BLOCKED:
                for name in watched_writes:
                    w.assigned[name] = w.assigned.get(name, np.zeros(32, bool)) | _lanes(m)
            return result

        return checked

    def run_from(self, start: int) -> tuple:
        """(functions, their instructions, end, registers touched, wgmma registers written) of the instructions from
        `start` on that neither branch nor wait; the functions may be fewer than the instructions."""
        if start not in self._runs:
            end = start
            while end < len(self.decoded) and (end == start or end not in self.block_starts):
                decoded = self.decoded[end]
                if isinstance(decoded, str) or self.predicates[end] or isinstance(decoded, Effect) and decoded.waits:
                    break
                end += 1
            functions, places, position = [], [], start
            while position < end:
                stop = position
                while stop < end and self._fusable(stop):
                    stop += 1
                if stop == position:
                    functions.append(self.executable(position))
                    places.append(position)
                    position += 1
                else:
                    for run, place in fuse(self.decoded[position:stop]):
                        functions.append(run)
                        places.append(position + place)
                    position = stop
            touched = frozenset().union(*self.reads[start:end], *self.writes[start:end])
            moved = [self.kernel.instructions[i].parts[0] == "mov" for i in range(start, end)]
            written = frozenset().union(*(self.writes[i] for i in range(start, end) if not moved[i - start]))
            dirty = written & self.wgmma_registers
            self._runs[start] = (tuple(functions), tuple(places), end, touched, dirty)
        return self._runs[start]

    def executable_at(self, index: int) -> Callable:
        if index not in self._single:
            self._single[index] = self.executable(index)
        return self._single[index]

    def dirty_at(self, index: int) -> frozenset:
        if self.is_wgmma(index) or self.kernel.instructions[index].parts[0] == "mov":
            return frozenset()
        return self.writes[index] & self.wgmma_registers

    def is_wgmma(self, index: int) -> bool:
        return self.kernel.instructions[index].parts[0] == "wgmma"

    def watched_predicate(self, index: int) -> str | None:
        name = self.kernel.instructions[index].predicate.name
        return name if name in self.watched else None

    def _fusable(self, index: int) -> bool:
        watched = (self.reads[index] | self.writes[index]) & self.watched
        return isinstance(self.decoded[index], Pure) and not watched


def _lanes(m) -> np.ndarray:
    return np.ones(32, bool) if m is True else m


def execute_pure(item: Pure) -> Callable:
    compute, aligned = item.compute, item.aligned
    if len(item.destinations) == 1 and len(item.sources) == 2 and not aligned:
        ((dv, dr),), ((av, ar), (bv, br)) = item.destinations, item.sources

        def run(w, m):
            v = w.v
            np.copyto(v[dv][dr], compute(v[av][ar], v[bv][br]), where=m)

        return run

    def run(w, m):
        if aligned and m is not True:
            raise Violation("divergent-aligned", f"{int(m.sum())} lanes")
        v = w.v
        result = compute(*[v[view][row] for view, row in item.sources])
        if len(item.destinations) == 1:
            result = (result,)
        for (view, row), value in zip(item.destinations, result, strict=True):
            np.copyto(v[view][row], value, where=m)

    return run


def fuse(items: list[Pure]):
    """Independent instructions with the same key as one function over matrices of rows; yields (function, index of its
    first instruction). An instruction's level is one more than that of every earlier one it must follow."""
    written, read = {}, {}  # (class of view, row) → level of the last writer, greatest level of a reader
    groups: dict[tuple, list[int]] = {}
    for index, item in enumerate(items):
        sources = {(VIEW_KEYS[view][0], row) for view, row in item.sources}
        targets = {(VIEW_KEYS[view][0], row) for view, row in item.destinations}
        level = max([written.get(s, -1) for s in sources | targets] + [read.get(t, -1) for t in targets]) + 1
        for source in sources:
            read[source] = max(read.get(source, -1), level)
        for target in targets:
            written[target] = level
        groups.setdefault((level, item.key), []).append(index)
    for _, indices in sorted(groups.items(), key=lambda entry: entry[0][0]):
        if len(indices) < 3:
            for index in indices:
                yield execute_pure(items[index]), index
        else:
            yield _fused([items[index] for index in indices]), indices[0]


def _fused(items: list[Pure]) -> Callable:
    first = items[0]
    sources = [(first.sources[n][0], np.array([i.sources[n][1] for i in items])) for n in range(len(first.sources))]
    targets = [
        (first.destinations[n][0], np.array([i.destinations[n][1] for i in items]))
        for n in range(len(first.destinations))
    ]
    compute, aligned = first.compute, first.aligned

    def run(w, m):
        if aligned and m is not True:
            raise Violation("divergent-aligned", f"{int(m.sum())} lanes")
        f = w.files
        result = compute(*[f[view][rows] for view, rows in sources])
        if len(targets) == 1:
            result = (result,)
        for (view, rows), value in zip(targets, result, strict=True):
            if m is True:
                f[view][rows] = value
            else:
                f[view][rows[:, None], np.flatnonzero(m)] = value[:, m]

    return run
