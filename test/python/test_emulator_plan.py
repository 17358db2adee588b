# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Launch plans and .slingpu artefacts in the emulator."""

import struct
import zlib

import numpy as np
import pytest

from emulator import PTXError, Violation
from emulator.artefact import HEADER, MAGIC, SECTION, SECTIONS, VERSION, Artefact, ArtefactError, emulate_artefact
from emulator.numbers import bf16_bits, bf16_value
from emulator.plan import (
    TOKENS,
    ClearStep,
    KernelStep,
    Number,
    Plan,
    PlanBuffer,
    PointerArgument,
    TensorMapArgument,
    run_plan,
)
from emulator_kernels import warpgroup_gemm
from emulator_programs import kernel

WIDTH, HIDDEN = 40, 72
PTX, SHARED = warpgroup_gemm()
# Adds p1's sum over all elements, one by one, to p2's word: block by block.
SUM = kernel("""griddepcontrol.wait; mov.u32 %r1, %ctaid.x; ld.param.b64 %rd1, [p0]; mul.wide.u32 %rd2, %r1, 128; mov.u32 %r2, %tid.x;
    mul.wide.u32 %rd3, %r2, 4; add.s64 %rd1, %rd1, %rd2; add.s64 %rd1, %rd1, %rd3; ld.global.b32 %r3, [%rd1]; ld.param.b64 %rd4, [p1];
    red.global.add.u32 [%rd4], %r3;""", ("u64", "u64"))  # fmt: skip


def rows(buffer, width):
    return TensorMapArgument(buffer, "bf16", (width, TOKENS), (2 * width,), (64, 64))


def matrix(buffer, shape):
    return TensorMapArgument(buffer, "bf16", shape[::-1], (2 * shape[1],), (64, 64))


def product(x, w, y, shape, programmatic):
    """Y = X Wᵀ for W of that shape."""
    tiles = Number(1, 64, -(-shape[0] // 64), 0)
    arguments = [rows(x, shape[1]), matrix(w, shape), rows(y, shape[0]), TOKENS, *shape]
    return KernelStep(PTX, "k", tiles, arguments, 1, 1, 1, SHARED, programmatic)


def two_layers():
    workspace = PlanBuffer("workspace", 0, 256, Number(1, 1, 2 * HIDDEN, 0))
    buffers = [PlanBuffer("input"), PlanBuffer("output"), PlanBuffer("weight", 0), PlanBuffer("weight", 1), workspace]
    return Plan(buffers, [product(0, 2, 4, (HIDDEN, WIDTH), False), product(4, 3, 1, (WIDTH, HIDDEN), True)])


def data(tokens):
    generator = np.random.default_rng(1)
    shapes = ((HIDDEN, WIDTH), (WIDTH, HIDDEN), (tokens, WIDTH))
    up, down, x = (bf16_bits(generator.standard_normal(shape).astype("f4")) for shape in shapes)
    hidden = bf16_value(bf16_bits(bf16_value(x) @ bf16_value(up).T))
    return x, up, down, hidden @ bf16_value(down).T


def close(found, wanted):
    return np.linalg.norm(found - wanted) < 4e-3 * np.linalg.norm(wanted)


@pytest.mark.parametrize("tokens", [1, 63, 130])
@pytest.mark.parametrize("late", [False, True])
def test_two_launches_through_a_workspace(tokens, late):
    x, up, down, wanted = data(tokens)
    y = np.zeros((tokens, WIDTH), "u2")
    statistics = run_plan(two_layers(), tokens, [x], [y], [up, down], multiprocessors=3, late=late)
    assert close(bf16_value(y), wanted)
    assert len(statistics) == 2


def test_dependent_launch_must_wait_for_the_one_before():
    plan = two_layers()
    x, up, down, _ = data(3)
    plan.steps[1].ptx = PTX.replace("griddepcontrol.wait;", "")
    with pytest.raises(Violation, match="dependency-wait-missing"):
        run_plan(plan, 3, [x], [np.zeros((3, WIDTH), "u2")], [up, down])
    plan.steps[1].programmatic = False
    run_plan(plan, 3, [x], [np.zeros((3, WIDTH), "u2")], [up, down])


def test_workspace_is_bounded_and_starts_as_nan():
    plan = two_layers()
    x, up, down, _ = data(3)
    plan.buffers[4].size = 2 * HIDDEN * 2
    with pytest.raises(Violation, match="global-out-of-bounds"):
        run_plan(plan, 3, [x], [np.zeros((3, WIDTH), "u2")], [up, down])
    plan = two_layers()
    del plan.steps[0]
    y = np.zeros((3, WIDTH), "u2")
    run_plan(plan, 3, [x], [y], [up, down])
    assert np.isnan(bf16_value(y)).all()


def test_shared_workspace_bytes_are_shared():
    """Two buffers at the same place: the second launch overwrites what the third reads."""
    buffers = [PlanBuffer("input"), PlanBuffer("output"), PlanBuffer("weight", 0), PlanBuffer("weight", 1),
               PlanBuffer("workspace", 0, 0, 4096), PlanBuffer("workspace", 0, 0, 4096)]  # fmt: skip
    first, last = product(0, 2, 4, (HIDDEN, WIDTH), False), product(4, 3, 1, (WIDTH, HIDDEN), False)
    between = ClearStep(PointerArgument(5), 4096)
    x, up, down, wanted = data(3)
    y = np.zeros((3, WIDTH), "u2")
    run_plan(Plan(buffers, [between, first, last]), 3, [x], [y], [up, down])
    assert close(bf16_value(y), wanted)
    run_plan(Plan(buffers, [first, between, last]), 3, [x], [y], [up, down])
    assert not y.any()


def test_clearing_before_a_sum():
    buffers = [PlanBuffer("input"), PlanBuffer("output")]
    steps = [ClearStep(PointerArgument(1, 4), 4), KernelStep(SUM, "k", Number(1, 32, 1, 0), [PointerArgument(0), PointerArgument(1, 4)], programmatic=True)]
    x, y = np.arange(64, dtype="u4"), np.full(2, 9, "u4")
    run_plan(Plan(buffers, steps), 64, [x], [y])
    assert y.tolist() == [9, 63 * 32]


@pytest.mark.parametrize("tokens, multiprocessors, expected", [(1, 8, (2, 1)), (1000, 8, (8, 1)), (1000, 3, (2, 1)), (1000, 0, (2, 1))])
def test_persistent_grid(tokens, multiprocessors, expected):
    step = KernelStep("", "k", Number(1, 64, 2, 0), [], blocks_per_sm=1, cluster=2)
    assert step.grid(tokens, multiprocessors) == expected


# --- artefacts


class Writer:
    """Writes what lib/Runtime/format.h says, for the tests of the reader."""

    def __init__(self):
        self.strings, self.content = b"\0", {name: b"" for name, _ in SECTIONS.values()}

    def string(self, text):
        place = len(self.strings)
        self.strings += text.encode() + b"\0"
        return place

    def add(self, section, *fields):
        layout = next(layout for name, layout in SECTIONS.values() if name == section)
        data = b""
        for code, field in zip(layout, fields, strict=True):
            if code == "N":
                n = field if isinstance(field, Number) else Number(constant=field)
                data += struct.pack("<IIQQ", n.scale, n.divisor, n.multiplier, n.constant)
            else:
                data += struct.pack("<I" if code == "I" else "<Q", field)
        self.content[section] += data
        return len(self.content[section]) // len(data) - 1

    def write(self, path):
        self.content["strings"] = self.strings
        end = HEADER.size + len(SECTIONS) * SECTION.size
        table, body = b"", b""
        for kind, (name, layout) in SECTIONS.items():
            content = self.content[name]
            offset = -(-(end + len(body)) // 64) * 64
            body += bytes(offset - end - len(body)) + content
            size = struct.calcsize("<" + layout.replace("N", "IIQQ")) if layout else 1
            table += SECTION.pack(kind, size, offset, len(content), zlib.crc32(content), 0)
        head = HEADER.pack(MAGIC, VERSION, len(SECTIONS), end + len(body), 0, bytes(36))
        head = HEADER.pack(MAGIC, VERSION, len(SECTIONS), end + len(body), zlib.crc32(head + table), bytes(36))
        path.write_bytes(head + table + body)


def write_artefact(path, ptx=PTX):
    """The plan of two_layers as an entry "ffn" with bf16 values, for sm_90a and up to 1000 tokens."""
    _, up, down, _ = data(1)
    w = Writer()
    w.add("targets", 90, 1)
    code = ptx.encode() + b"\0"
    w.content["code"] = code
    w.add("modules", w.string("m"), 0, 0, 0, 0, len(code))
    w.add("kernels", w.string("k"), 0, 160, 1, SHARED, 0, 0, 0)
    place = 0
    for name, weight in (("up", up), ("down", down)):
        place = -(-place // 64) * 64
        w.content["weight_data"] += bytes(place - len(w.content["weight_data"])) + weight.tobytes()
        w.add("weights", w.string(name), 0, place, weight.nbytes)
        place += weight.nbytes
    w.add("entries", w.string("ffn"), w.string("dense"), 0, 1, 1, 0, 1, 0)
    for name in ("x", "y"):
        w.add("values", w.string(name), 3, WIDTH, 3, 16, 0)
    w.add("plans", 0, 1, 1000, 0, 5, 0, 2, 0)
    plan = two_layers()
    for buffer in plan.buffers:
        kind = ("input", "output", "weight", "workspace").index(buffer.kind) + 1
        w.add("buffers", kind, buffer.index, buffer.offset, buffer.size)
    count = 0
    for step in plan.steps:
        first = count
        for argument in step.arguments:
            if isinstance(argument, TensorMapArgument):
                pad = [0] * 3
                empty = Number(0, 0, 0, 0)
                index = w.add("tensor_maps", argument.buffer, 3, 2, 3, 0, *argument.box, *pad, argument.offset,
                              *argument.dims, *[empty] * 3, *argument.strides, *[empty] * 3)  # fmt: skip
                w.add("arguments", 1, index, 0)
            else:
                w.add("arguments", 3, 0, argument)
            count += 1
        w.add("steps", 1, 0, int(step.programmatic), step.blocks_per_sm, step.grid_x, step.grid_y, first, count - first)
    w.write(path)


@pytest.mark.parametrize("shape", [(1,), (2, 33)])
def test_artefact_computes_its_entry(tmp_path, shape):
    write_artefact(tmp_path / "a.slingpu")
    x, _, _, wanted = data(int(np.prod(shape)))
    statistics = []
    x = bf16_value(x).reshape(*shape, WIDTH)
    found = emulate_artefact(tmp_path / "a.slingpu", "ffn", {"x": x}, "sm_90a", late=True, statistics=statistics)
    assert found["y"].shape == (*shape, WIDTH)
    assert close(found["y"].reshape(-1, WIDTH), wanted)
    assert len(statistics) == 2


def test_broken_artefacts_are_refused(tmp_path):
    path = tmp_path / "a.slingpu"
    write_artefact(path)
    whole = path.read_bytes()
    for changed, sentence in ((whole[:50], "no artefact"), (whole[:-1], "expected version"), (b"x" + whole[1:], "expected version"),
                              (whole[:30] + b"x" + whole[31:], "checksum"), (whole[:-40] + b"x" + whole[-39:], "section 15")):  # fmt: skip
        path.write_bytes(changed)
        with pytest.raises(ArtefactError, match=sentence):
            Artefact(path)


def test_questions_an_artefact_cannot_answer(tmp_path):
    path = tmp_path / "a.slingpu"
    write_artefact(path)
    x = np.zeros((3, WIDTH), "f4")
    for arguments, sentence in ((("other", {"x": x}, "sm_90a"), "no entry 'other', but ffn"), (("ffn", {"x": x}, "sm_80"), "no target sm_80, but sm_90a"),
                                (("ffn", {"x": x[:, :8]}, "sm_90a"), r"expected \[\.\.\., 40\] of bf16"),
                                (("ffn", {"x": np.zeros((1000, WIDTH), "f4")}, "sm_90a"), "no plan for 1000 tokens")):  # fmt: skip
        with pytest.raises(ArtefactError, match=sentence):
            emulate_artefact(path, *arguments)
    write_artefact(path, "")
    with pytest.raises(PTXError, match="no .entry"):
        emulate_artefact(path, "ffn", {"x": x}, "sm_90a")
