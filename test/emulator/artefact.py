# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Reads a .slingpu artefact and runs its PTX in the emulator. The format is lib/Runtime/format.h, version 1."""

import dataclasses
import pathlib
import struct
import zlib

import numpy as np

from .numbers import bf16_bits, bf16_value
from .plan import ClearStep, KernelStep, Number, Plan, PlanBuffer, PointerArgument, TensorMapArgument, run_plan

MAGIC, VERSION = b"\x89SLINGPU", 2
HEADER, SECTION = struct.Struct("<8sIIQI36s"), struct.Struct("<IIQQII")
NUMBER = "IIQQ"
# Section kind → its name and struct. "N" stands for a slingpu_number.
SECTIONS = {
    1: ("strings", ""),
    2: ("metadata", "II"),
    3: ("targets", "II"),
    4: ("modules", "IIQQQQ"),
    5: ("kernels", "IIIIIIII"),
    6: ("weights", "IIQQ"),
    7: ("entries", "IIIIIIII"),
    8: ("values", "IIIIII"),
    9: ("plans", "IIIIIIII"),
    10: ("buffers", "IINN"),
    11: ("steps", "IIIINNII"),
    12: ("arguments", "IIN"),
    13: ("tensor_maps", "IIIII" + "I" * 5 + "N" * 10),
    14: ("code", ""),
    15: ("weight_data", ""),
}
ELEMENT_TYPES = {1: "f32", 2: "f16", 3: "bf16", 4: "tf32", 5: "i32", 6: "u8"}
DTYPES = {"f32": np.float32, "f16": np.float16, "bf16": np.uint16, "i32": np.int32, "u8": np.uint8}
SWIZZLES = {0: 0, 1: 32, 2: 64, 3: 128}
PROGRAMMATIC = 1


class ArtefactError(Exception):
    """A file that is no artefact, or a broken one."""


@dataclasses.dataclass
class Value:
    name: str
    element_type: str
    features: int


class Artefact:
    def __init__(self, path):
        self.data = pathlib.Path(path).read_bytes()
        self.sections = {}
        if len(self.data) < HEADER.size:
            raise ArtefactError(f"{path}: {len(self.data)} bytes are no artefact")
        magic, version, count, size, checksum, _ = HEADER.unpack_from(self.data)
        if magic != MAGIC or version != VERSION or count != len(SECTIONS) or size != len(self.data):
            raise ArtefactError(
                f"{path}: expected version {VERSION} and {len(self.data)} bytes, found {version} and {size}"
            )
        table_end = HEADER.size + count * SECTION.size
        head = bytearray(self.data[:table_end])
        head[24:28] = bytes(4)
        if zlib.crc32(head) != checksum:
            raise ArtefactError(f"{path}: the header's checksum is wrong")
        for number in range(count):
            kind, record, offset, size, checksum, _ = SECTION.unpack_from(
                self.data, HEADER.size + number * SECTION.size
            )
            content = self.data[offset : offset + size]
            if kind != number + 1 or len(content) != size or zlib.crc32(content) != checksum:
                raise ArtefactError(f"{path}: section {number + 1} is broken")
            name, layout = SECTIONS[kind]
            self.sections[name] = self._records(layout, content) if layout else content
            if layout and record * len(self.sections[name]) != size:
                raise ArtefactError(f"{path}: records of section '{name}' have {record} bytes")

    @staticmethod
    def _records(layout: str, content: bytes) -> list[tuple]:
        reader = struct.Struct("<" + layout.replace("N", NUMBER))
        records = []
        for fields in reader.iter_unpack(content):
            fields, record = list(fields), []
            for code in layout:
                if code == "N":
                    record.append(Number(*fields[:4]))
                    del fields[:4]
                else:
                    record.append(fields.pop(0))
            records.append(tuple(record))
        return records

    def string(self, offset: int) -> str:
        strings = self.sections["strings"]
        return strings[offset : strings.index(b"\0", offset)].decode()

    def entry(self, name: str) -> tuple:
        for record in self.sections["entries"]:
            if self.string(record[0]) == name:
                return record
        names = ", ".join(self.string(record[0]) for record in self.sections["entries"])
        raise ArtefactError(f"no entry '{name}', but {names}")

    def values(self, entry: tuple) -> tuple[list[Value], list[Value]]:
        _, _, first, inputs, outputs, *_ = entry
        records = self.sections["values"][first : first + inputs + outputs]
        found = [Value(self.string(r[0]), ELEMENT_TYPES[r[1]], r[2]) for r in records]
        return found[:inputs], found[inputs:]

    def target(self, name: str) -> int:
        names = [f"sm_{architecture}" + ("a" if flags & 1 else "") for architecture, flags in self.sections["targets"]]
        if name not in names:
            raise ArtefactError(f"no target {name}, but {', '.join(names)}")
        return names.index(name)

    def plan(self, entry: tuple, target: int, tokens: int) -> Plan:
        first, count = entry[5], entry[6]
        for record in self.sections["plans"][first : first + count]:
            if record[0] == target and record[1] <= tokens < record[2]:
                _, _, _, first_buffer, buffers, first_step, steps, _ = record
                return Plan(
                    [self._buffer(r) for r in self.sections["buffers"][first_buffer : first_buffer + buffers]],
                    [self._step(r) for r in self.sections["steps"][first_step : first_step + steps]],
                )
        raise ArtefactError(f"no plan for {tokens} tokens")

    @staticmethod
    def _buffer(record) -> PlanBuffer:
        kind, index, offset, size = record
        return PlanBuffer(("input", "output", "weight", "workspace")[kind - 1], index, offset, size)

    def _step(self, record):
        kind, kernel, flags, blocks_per_sm, grid_x, grid_y, first, count = record
        arguments = [self._argument(r) for r in self.sections["arguments"][first : first + count]]
        if kind == 2:
            return ClearStep(*arguments)
        name, module, threads, cluster, dynamic_shared, *_ = self.sections["kernels"][kernel]
        return KernelStep(
            self._ptx(module),
            self.string(name),
            grid_x,
            arguments,
            grid_y,
            blocks_per_sm,
            cluster,
            dynamic_shared,
            bool(flags & PROGRAMMATIC),
            threads,
        )

    def _ptx(self, module: int) -> str:
        name, _, _, _, offset, size = self.sections["modules"][module]
        if not size:
            raise ArtefactError(f"module '{self.string(name)}' has no PTX")
        return self.sections["code"][offset : offset + size].rstrip(b"\0").decode()

    def _argument(self, record):
        kind, index, number = record
        if kind == 1:
            buffer, element_type, rank, swizzle, _, *rest = self.sections["tensor_maps"][index]
            box, offset, dims, strides = rest[:5], rest[5], rest[6:11], rest[11:]
            return TensorMapArgument(
                buffer,
                ELEMENT_TYPES[element_type],
                tuple(dims[:rank]),
                tuple(strides[: rank - 1]),
                tuple(box[:rank]),
                SWIZZLES[swizzle],
                offset,
            )
        return PointerArgument(index, number) if kind == 2 else number

    def weights(self) -> list[np.ndarray]:
        content = self.sections["weight_data"]
        return [
            np.frombuffer(content, np.uint8, size, offset).copy() for _, _, offset, size in self.sections["weights"]
        ]


def emulate_artefact(path, entry: str, inputs: dict[str, np.ndarray], target: str, *, statistics=None, **options):
    """Runs an entry on inputs [..., features] by name; gives the outputs by name, bf16 as f32. `options` are those of
    run_plan; a list as `statistics` gets those of every launch."""
    artefact = Artefact(path)
    record = artefact.entry(entry)
    wanted, made = artefact.values(record)
    arrays = []
    for value in wanted:
        array = np.ascontiguousarray(inputs[value.name])
        if value.element_type == "bf16" and array.dtype.kind == "f":
            array = bf16_bits(array)
        if array.dtype != DTYPES[value.element_type] or array.shape[-1] != value.features:
            raise ArtefactError(
                f"input '{value.name}': expected [..., {value.features}] of {value.element_type}, "
                f"found {array.shape} of {array.dtype}"
            )
        arrays.append(array)
    leading = arrays[0].shape[:-1]
    tokens = int(np.prod(leading))
    outputs = [
        np.full((*leading, v.features), 0xFF, np.uint8)
        .repeat(np.dtype(DTYPES[v.element_type]).itemsize, -1)
        .view(DTYPES[v.element_type])
        for v in made
    ]
    plan = artefact.plan(record, artefact.target(target), tokens)
    done = run_plan(plan, tokens, arrays, outputs, artefact.weights(), **options)
    if statistics is not None:
        statistics += done
    return {v.name: bf16_value(a) if v.element_type == "bf16" else a for v, a in zip(made, outputs, strict=True)}
