# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes .slingpu files for tests, straight from lib/Runtime/format.h, and nothing
that it says is checked: the reader is what is tested.

    python artefact_writer.py FOLDER     sample.slingpu and tiny.slingpu
"""

import dataclasses
import pathlib
import struct
import sys
import zlib

MAGIC, VERSION, ALIGNMENT = b"\x89SLINGPU", 2, 64
SECTIONS = (
    "strings", "metadata", "targets", "modules", "kernels", "weights", "entries", "values", "plans", "buffers",
    "steps", "arguments", "tensor_maps", "code", "weight_data",
)  # fmt: skip
RECORD_SIZES = (1, 8, 8, 40, 32, 24, 32, 24, 32, 56, 72, 32, 280, 1, 1)
TABLE_END = 64 + 32 * len(SECTIONS)
F32, F16, BF16, TF32, I32, U8 = range(1, 7)


@dataclasses.dataclass(frozen=True)
class Number:
    """ceil(scale * tokens / divisor) * multiplier + constant"""

    scale: int = 0
    divisor: int = 1
    multiplier: int = 0
    constant: int = 0

    def pack(self) -> bytes:
        return struct.pack("<IIQQ", self.scale, self.divisor, self.multiplier, self.constant)


NOTHING = Number(0, 0)


def number(value: "int | Number") -> Number:
    return value if isinstance(value, Number) else Number(constant=value)


def per_token(multiplier: int, constant: int = 0) -> Number:
    return Number(1, 1, multiplier, constant)


def per_tile(tokens: int, multiplier: int = 1) -> Number:
    return Number(1, tokens, multiplier)


@dataclasses.dataclass(frozen=True)
class Value:
    name: str
    features: int
    element_type: int = BF16
    rank: int = 3
    alignment: int = 16


@dataclasses.dataclass(frozen=True)
class Buffer:
    kind: int
    index: int = 0
    offset: Number = NOTHING
    size: Number = NOTHING


def input_buffer(index: int = 0) -> Buffer:
    return Buffer(1, index)


def output_buffer(index: int = 0) -> Buffer:
    return Buffer(2, index)


def weight_buffer(index: int) -> Buffer:
    return Buffer(3, index)


def workspace(offset: "int | Number", size: "int | Number") -> Buffer:
    return Buffer(4, 0, number(offset), number(size))


@dataclasses.dataclass(frozen=True)
class TensorMap:
    buffer: int
    dims: tuple
    strides: tuple
    box: tuple
    element_type: int = BF16
    swizzle: int = 3
    l2_promotion: int = 3
    offset: "int | Number" = 0

    def pack(self) -> bytes:
        rank = len(self.dims)
        box = (*self.box, *[0] * (5 - rank))
        numbers = [number(self.offset), *map(number, self.dims), *[NOTHING] * (5 - rank)]
        numbers += [*map(number, self.strides), *[NOTHING] * (5 - rank)]
        head = (self.buffer, self.element_type, rank, self.swizzle, self.l2_promotion, *box)
        return struct.pack("<10I", *head) + b"".join(one.pack() for one in numbers[:10])


@dataclasses.dataclass(frozen=True)
class Pointer:
    buffer: int
    offset: "int | Number" = 0


@dataclasses.dataclass(frozen=True)
class Launch:
    kernel: int
    arguments: tuple
    grid_x: "int | Number"
    grid_y: "int | Number" = 1
    programmatic: bool = False
    blocks_per_sm: int = 0


@dataclasses.dataclass(frozen=True)
class Clear:
    pointer: Pointer
    size: "int | Number"


@dataclasses.dataclass(frozen=True)
class Plan:
    target: int
    start: int
    stop: int
    buffers: tuple
    steps: tuple


class Writer:
    def __init__(self):
        self.sections = {name: bytearray() for name in SECTIONS}
        self.sections["strings"] += b"\0"
        self.known: dict[str, int] = {"": 0}

    def string(self, text: str) -> int:
        if text not in self.known:
            self.known[text] = len(self.sections["strings"])
            self.sections["strings"] += text.encode() + b"\0"
        return self.known[text]

    def add(self, section: str, record: bytes) -> int:
        """The index of the new record."""
        size = RECORD_SIZES[SECTIONS.index(section)]
        assert len(record) == size, (section, len(record), size)
        self.sections[section] += record
        return len(self.sections[section]) // size - 1

    def count(self, section: str) -> int:
        return len(self.sections[section]) // RECORD_SIZES[SECTIONS.index(section)]

    def store(self, section: str, data: bytes) -> int:
        """The offset of the bytes in the section, aligned."""
        content = self.sections[section]
        content += bytes(-len(content) % ALIGNMENT)
        content += data
        return len(content) - len(data)

    def metadata(self, key: str, value: str) -> None:
        self.add("metadata", struct.pack("<II", self.string(key), self.string(value)))

    def target(self, architecture: int, specific: bool = False) -> int:
        return self.add("targets", struct.pack("<II", architecture, int(specific)))

    def module(self, name: str, target: int, cubin: bytes = b"", ptx: str = "") -> int:
        text = ptx.encode() + b"\0" if ptx else b""
        images = [(self.store("code", image) if image else 0, len(image)) for image in (cubin, text)]
        return self.add("modules", struct.pack("<IIQQQQ", self.string(name), target, *images[0], *images[1]))

    def kernel(
        self, name: str, module: int, threads: int = 128, cluster: int = 1, shared: int = 0, registers: int = 0
    ) -> int:
        fields = (self.string(name), module, threads, cluster, shared, registers, 0, 0)
        return self.add("kernels", struct.pack("<8I", *fields))

    def weight(self, name: str, data: bytes) -> int:
        return self.add(
            "weights", struct.pack("<IIQQ", self.string(name), 0, self.store("weight_data", data), len(data))
        )

    def entry(self, name: str, structure: str, inputs: list[Value], outputs: list[Value], plans: list[Plan]) -> int:
        first_value, first_plan = self.count("values"), self.count("plans")
        for value in (*inputs, *outputs):
            fields = (self.string(value.name), value.element_type, value.features, value.rank, value.alignment, 0)
            self.add("values", struct.pack("<6I", *fields))
        for plan in plans:
            self.plan(plan)
        names = (self.string(name), self.string(structure))
        fields = (*names, first_value, len(inputs), len(outputs), first_plan, len(plans), 0)
        return self.add("entries", struct.pack("<8I", *fields))

    def plan(self, plan: Plan) -> None:
        first_buffer, first_step = self.count("buffers"), self.count("steps")
        for buffer in plan.buffers:
            head = struct.pack("<II", buffer.kind, buffer.index)
            self.add("buffers", head + buffer.offset.pack() + buffer.size.pack())
        for step in plan.steps:
            self.step(step)
        fields = (plan.target, plan.start, plan.stop, first_buffer, len(plan.buffers), first_step, len(plan.steps), 0)
        self.add("plans", struct.pack("<8I", *fields))

    def step(self, step: "Launch | Clear") -> None:
        arguments = (step.pointer, step.size) if isinstance(step, Clear) else step.arguments
        first = self.count("arguments")
        for argument in arguments:
            self.argument(argument)
        if isinstance(step, Clear):
            head, grid = struct.pack("<IIII", 2, 0, 0, 0), NOTHING.pack() * 2
        else:
            head = struct.pack("<IIII", 1, step.kernel, int(step.programmatic), step.blocks_per_sm)
            grid = number(step.grid_x).pack() + number(step.grid_y).pack()
        self.add("steps", head + grid + struct.pack("<II", first, len(arguments)))

    def argument(self, argument: "TensorMap | Pointer | Number | int") -> None:
        if isinstance(argument, TensorMap):
            record = struct.pack("<II", 1, self.add("tensor_maps", argument.pack())) + NOTHING.pack()
        elif isinstance(argument, Pointer):
            record = struct.pack("<II", 2, argument.buffer) + number(argument.offset).pack()
        else:
            record = struct.pack("<II", 3, 0) + number(argument).pack()
        self.add("arguments", record)

    def finish(self) -> bytes:
        table, body, end = b"", b"", TABLE_END
        for kind, (name, size) in enumerate(zip(SECTIONS, RECORD_SIZES, strict=True), 1):
            content = bytes(self.sections[name])
            padding = -end % ALIGNMENT
            table += struct.pack("<IIQQII", kind, size, end + padding, len(content), zlib.crc32(content), 0)
            body += bytes(padding) + content
            end += padding + len(content)
        header = struct.pack("<8sIIQI36x", MAGIC, VERSION, len(SECTIONS), end, 0)
        return seal(header + table + body)


def seal(data: bytes) -> bytes:
    """The file with its checksums made right again."""
    image = bytearray(data)
    for index in range(len(SECTIONS)):
        at = 64 + 32 * index
        offset, size = struct.unpack_from("<QQ", image, at + 8)
        struct.pack_into("<I", image, at + 24, zlib.crc32(image[offset : offset + size]))
    struct.pack_into("<I", image, 24, 0)
    struct.pack_into("<I", image, 24, zlib.crc32(image[:TABLE_END]))
    return bytes(image)


# out[i] = 2 in[i], one element per thread; what a GPU computes is what the recording
# driver does by the kernel's name.
DOUBLE_F32 = """
  .reg .pred %p;
  .reg .b32 %r<6>;
  .reg .b64 %d<6>;
  .reg .f32 %f;
  ld.param.u64 %d1, [double_f32_param_0];
  ld.param.u64 %d2, [double_f32_param_1];
  ld.param.u32 %r1, [double_f32_param_2];
  mov.u32 %r2, %ctaid.x;
  mov.u32 %r3, %ntid.x;
  mov.u32 %r4, %tid.x;
  mad.lo.s32 %r5, %r2, %r3, %r4;
  setp.ge.u32 %p, %r5, %r1;
  @%p bra done;
  mul.wide.u32 %d3, %r5, 4;
  add.s64 %d4, %d1, %d3;
  add.s64 %d5, %d2, %d3;
  ld.global.f32 %f, [%d4];
  add.f32 %f, %f, %f;
  st.global.f32 [%d5], %f;
done:"""
# Before anything that the kernel before has written is read; from sm_90 on.
WAIT = "\n  griddepcontrol.wait;"


def ptx(architecture: str, **kernels: str) -> str:
    """PTX that assembles: `m` is a tensor map, `p` a pointer, `n` a number. But for
    double_f32, the kernels do nothing."""
    forms = {"m": ".param .align 64 .b8 {}[128]", "p": ".param .u64 {}", "n": ".param .u32 {}"}
    text = f".version 8.0\n.target {architecture}\n.address_size 64\n"
    for name, kinds in kernels.items():
        parameters = ",\n".join("  " + forms[kind].format(f"{name}_param_{i}") for i, kind in enumerate(kinds))
        body = (WAIT if int(architecture[3:5]) >= 90 else "") + (DOUBLE_F32 if name == "double_f32" else "")
        text += f".visible .entry {name}(\n{parameters}\n)\n{{{body}\n  ret;\n}}\n"
    return text


def cubin(text: str) -> bytes:
    """What the recording driver takes for one."""
    return b"\x7fELF" + text.encode() + b"\0"


WIDTH, RANK, HIDDEN = 256, 64, 1024


def gemm(weights: int, source: tuple, result: tuple, kernel: int, rows: int, columns: int, **launch) -> Launch:
    """A persistent 128 x 128 product of [tokens, columns] and [rows, columns]ᵀ."""
    pitch = 2 * columns
    return Launch(
        kernel,
        (
            TensorMap(source[0], (columns, per_token(1)), (pitch,), (64, 128)),
            TensorMap(weights, (columns, rows), (pitch,), (64, 128)),
            TensorMap(result[0], (rows, per_token(1)), (2 * rows,), (64, 64)),
            per_token(1),
            rows,
            columns,
        ),
        grid_x=per_tile(256, 2 * (-(-rows // 128))),
        blocks_per_sm=1,
        **launch,
    )


def low_rank_plans(
    writer: Writer, target: int, programmatic: bool, kernels: dict[str, int], weights: list[int]
) -> list[Plan]:
    """V1, U1 with activation, V2, U2: split along K with clearing for few tokens, four
    products for more."""
    middle = Number(1, 128, 128 * 2 * RANK)  # bytes of [tokens, RANK], tokens rounded up to 128
    hidden = Number(1, 128, 128 * 2 * HIDDEN, 0)
    buffers = (
        input_buffer(),
        output_buffer(),
        *map(weight_buffer, weights),
        workspace(0, middle),
        workspace(middle, hidden),
    )
    shapes = ((RANK, WIDTH), (HIDDEN, RANK), (RANK, HIDDEN), (WIDTH, RANK))
    ends = ((0, 6), (6, 7), (7, 6), (6, 1))
    skinny = tuple(
        Launch(
            kernels["skinny"],
            (
                TensorMap(2 + i, (columns, rows), (2 * columns,), (64, 64)),
                TensorMap(source, (columns, per_token(1)), (2 * columns,), (64, 64)),
                Pointer(result),
                per_token(1),
                rows,
                columns,
            ),
            grid_x=4 * (rows // 64),
            programmatic=programmatic,
        )
        for i, ((rows, columns), (source, result)) in enumerate(zip(shapes, ends, strict=True))
    )
    large = tuple(
        gemm(2 + i, (source,), (result,), kernels["gemm"], rows, columns, programmatic=programmatic and i > 0)
        for i, ((rows, columns), (source, result)) in enumerate(zip(shapes, ends, strict=True))
    )
    clear = Clear(Pointer(6), Number(1, 1, 2 * RANK))
    return [Plan(target, 1, 65, buffers, (clear, *skinny)), Plan(target, 65, 1 << 20, buffers, large)]


def sample() -> bytes:
    """Two targets, one with a cubin; a low-rank FFN in bf16, and an FFN in f32 whose
    kernels the recording driver computes: y = 4 x."""
    writer = Writer()
    writer.metadata("model", "sample.onnx")
    writer.metadata("slin_version", "0.1.0")
    plans: list[list[Plan]] = [[], []]
    factors = (("V1", RANK, WIDTH), ("U1", HIDDEN, RANK), ("V2", RANK, HIDDEN), ("U2", WIDTH, RANK))
    weights = [
        writer.weight(f"layer.0.{name}", bytes([i + 1]) * (2 * rows * columns))
        for i, (name, rows, columns) in enumerate(factors)
    ]
    for architecture, specific in ((80, False), (90, True)):
        target = writer.target(architecture, specific)
        name = f"sm_{architecture}{'a' if specific else ''}"
        text = ptx(name, gemm="mmmnnn", skinny="mmpnnn", double_f32="ppn")
        module = writer.module(f"ffn_{name}", target, cubin(text) if specific else b"", text)
        kernels = {
            "gemm": writer.kernel("gemm", module, 384, 2, 100000, 168),
            "skinny": writer.kernel("skinny", module, 160, 4, 81152, 77),
        }
        double = writer.kernel("double_f32", module, 256)
        plans[0] += low_rank_plans(writer, target, specific, kernels, weights)
        size = Number(1, 64, 64 * 4 * 8)
        steps = (
            Launch(double, (Pointer(0), Pointer(2), per_token(8)), per_tile(32)),
            Launch(double, (Pointer(2), Pointer(1), per_token(8)), per_tile(32), programmatic=specific),
        )
        plans[1].append(Plan(target, 1, 1 << 16, (input_buffer(), output_buffer(), workspace(0, size)), steps))
    low_rank = "low_rank(1024x256, rank 64), gelu, low_rank(256x1024, rank 64)"
    writer.entry("encoder.layer.0.mlp", low_rank, [Value("x", WIDTH)], [Value("y", WIDTH)], plans[0])
    f32 = {"element_type": F32, "alignment": 4}
    writer.entry("encoder.layer.1.mlp", "twice doubled", [Value("x", 8, **f32)], [Value("y", 8, **f32)], plans[1])
    return writer.finish()


def tiny() -> bytes:
    """A record of each kind and little else, so that every byte can be tried."""
    writer = Writer()
    writer.metadata("model", "tiny.onnx")
    target = writer.target(90)
    text = ptx("sm_90", gemm="mppn")
    module = writer.module("m", target, cubin(text), text)
    kernel = writer.kernel("gemm", module, 128, 2, 50000)
    weight = writer.weight("w", bytes(range(64)))
    buffers = (input_buffer(), output_buffer(), weight_buffer(weight), workspace(0, per_tile(16, 1024)))
    rows = TensorMap(0, (8, per_token(1)), (16,), (8, 64), swizzle=0)
    launch = Launch(kernel, (rows, Pointer(2, 16), Pointer(1), per_token(1)), per_tile(64, 2), blocks_per_sm=1)
    steps = (Clear(Pointer(3), per_token(32)), Clear(Pointer(1), per_token(16)), launch)
    plans = [Plan(target, 1, 9, buffers, steps), Plan(target, 9, 1 << 12, buffers, steps)]
    writer.entry("mlp", "dense", [Value("x", 8)], [Value("y", 8)], plans)
    return writer.finish()


if __name__ == "__main__":
    for made in (sample, tiny):
        (pathlib.Path(sys.argv[1]) / f"{made.__name__}.slingpu").write_bytes(made())
