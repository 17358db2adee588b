# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Tensor maps: what cuTensorMapEncodeTiled takes, the rules it checks, and the copies that TMA makes with them.

Source: CUDA driver API, "Tensor Map Object Management"; PTX ISA, "Tensors", "Swizzling Modes". Outside of `dims`
elements are read as zero and not written. Elements of type tf32 are f32 in memory and rounded when loaded.
"""

import dataclasses

import numpy as np

from .checks import PTXError, Violation
from .numbers import bits_of

ELEMENT_SIZES = {
    "u8": 1,
    "i8": 1,
    "f16": 2,
    "bf16": 2,
    "i16": 2,
    "u16": 2,
    "f32": 4,
    "tf32": 4,
    "i32": 4,
    "u32": 4,
    "f64": 8,
}


@dataclasses.dataclass(eq=False)
class TensorMap:
    """`buffer` is the whole device buffer (C-contiguous); axis 0 is the innermost; strides, in bytes, of axes 1 on."""

    buffer: np.ndarray
    element_type: str
    dims: tuple[int, ...]
    strides: tuple[int, ...]
    box: tuple[int, ...]
    swizzle: int = 128  # bytes: 0, 32, 64 or 128
    byte_offset: int = 0

    @classmethod
    def of(cls, view: np.ndarray, box: tuple[int, ...], swizzle: int = 128, element_type: str = "", buffer=None):
        """From a numpy view, outermost axis first, of a buffer (the view itself where it is contiguous)."""
        if buffer is None:
            buffer = view
            while not buffer.flags.c_contiguous and buffer.base is not None:
                buffer = buffer.base
        start = view.__array_interface__["data"][0] - buffer.__array_interface__["data"][0]
        element_type = (
            element_type or {"f4": "f32", "f2": "f16", "u2": "bf16", "i4": "i32", "u1": "u8"}[view.dtype.str[1:]]
        )
        return cls(buffer, element_type, view.shape[::-1], view.strides[-2::-1], tuple(box), swizzle, start)

    def __post_init__(self):
        size, rank = ELEMENT_SIZES[self.element_type], len(self.dims)
        self.element_size, self.inner_bytes = size, self.box[0] * size
        self.bytes = int(np.prod(self.box)) * size
        self._views, self._places = {}, {}

        def require(condition, sentence):
            if not condition:
                raise Violation("tensor-map", f"{sentence}; dims {self.dims}, strides {self.strides}, box {self.box}")

        require(1 <= rank <= 5 and len(self.strides) == rank - 1 and len(self.box) == rank, "ranks differ")
        require(self.byte_offset % 16 == 0, f"the address must be a multiple of 16, found offset {self.byte_offset}")
        require(all(1 <= extent <= 1 << 32 for extent in self.dims), "dims are 1 ... 2^32")
        require(all(s % 16 == 0 and 0 < s < 1 << 40 for s in self.strides), "strides are multiples of 16 below 2^40")
        require(all(1 <= extent <= 256 for extent in self.box), "box sizes are 1 ... 256")
        require(
            self.inner_bytes % 16 == 0, f"the box's inner size must be a multiple of 16 bytes, found {self.inner_bytes}"
        )
        require(self.swizzle in (0, 32, 64, 128), f"swizzle is 0, 32, 64 or 128, found {self.swizzle}")
        require(
            not self.swizzle or self.inner_bytes <= self.swizzle,
            f"the box's inner size must not exceed the swizzle of {self.swizzle} bytes, found {self.inner_bytes}",
        )
        if self.swizzle and self.inner_bytes != self.swizzle:
            raise PTXError(f"swizzle {self.swizzle} with an inner box of {self.inner_bytes} bytes is not modelled")
        last = self.byte_offset + size * self.dims[0]
        last += sum(stride * (extent - 1) for stride, extent in zip(self.strides, self.dims[1:], strict=True))
        if last > self.buffer.nbytes:
            raise Violation(
                "global-out-of-bounds", f"a tensor map ends at byte {last} of a buffer of {self.buffer.nbytes}"
            )

    def _clip(self, coordinates):
        """Slices, outermost axis first, of the tensor and of the box; None where they do not meet."""
        tensor, box = [], []
        for start, extent, size in zip(coordinates, self.dims, self.box, strict=True):
            low, high = max(start, 0), min(start + size, extent)
            if low >= high:
                return None
            tensor.append(slice(low, high))
            box.append(slice(low - start, high - start))
        return tuple(tensor[::-1]), tuple(box[::-1])

    def _tensor(self):
        if not self._views:
            flat = self.buffer.reshape(-1).view(np.uint8)[self.byte_offset :]
            shape, strides = self.dims[::-1], (*self.strides[::-1], self.element_size)
            dtype = np.dtype(f"u{self.element_size}")
            self._views[0] = np.ndarray(shape, dtype, buffer=flat.data, strides=strides)
        return self._views[0]

    def load(self, coordinates) -> np.ndarray:
        """The box as 16-byte chunks in dense order."""
        box = np.zeros(self.box[::-1], f"u{self.element_size}")
        if clip := self._clip(coordinates):
            box[clip[1]] = self._tensor()[clip[0]]
        if self.element_type == "tf32":
            box = bits_of(box.view(np.float32).astype(np.float64), "tf32")
        return box.reshape(-1).view(np.uint64).reshape(-1, 2)

    def store(self, coordinates, chunks: np.ndarray, add: bool = False):
        box = np.ascontiguousarray(chunks).reshape(-1).view(f"u{self.element_size}").reshape(self.box[::-1])
        if clip := self._clip(coordinates):
            target = self._tensor()
            if add:
                self._add(target, clip[0], box[clip[1]])
            else:
                target[clip[0]] = box[clip[1]]

    def _add(self, target, where, values):
        if self.element_type not in ("f32", "f16", "i32", "u32"):
            raise PTXError(f"a reduction of {self.element_type} through TMA is not modelled")
        dtype = np.dtype({"f": "f", "i": "i", "u": "u"}[self.element_type[0]] + str(self.element_size))
        target[where] = (target[where].view(dtype) + values.view(dtype)).view(target.dtype)

    def places(self, offset: int) -> np.ndarray:
        """Where the box's chunks go in shared memory from byte `offset` on, as chunk numbers."""
        key = offset % 1024
        if key not in self._places:
            self._places[key] = swizzled(np.arange(self.bytes // 16) * 16 + key, self.swizzle) >> 4
        return self._places[key] + ((offset - key) >> 4)


def swizzled(addresses: np.ndarray, swizzle: int) -> np.ndarray:
    """XORs address bits 4 ... 6 with bits 7 ... 9, as far as the swizzle's width reaches."""
    mask = {0: 0, 32: 1, 64: 3, 128: 7}[swizzle]
    return addresses ^ (((addresses >> 7) & mask) << 4)
