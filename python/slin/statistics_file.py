# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Files of calibration statistics: safetensors, written one tensor after the other.

For each calibrated tensor `t` of width N: `t/mean` f64 [N] and `t/second_moment`
f64 [N, N], both averages over tokens, and `t/count` f64 [1], their number. The
metadata says which model they belong to and the version of this layout.

safetensors' own writer wants everything in memory at once, and a large model's
statistics do not fit there: here the header, whose content is known before the
numbers, is written first.
"""

import contextlib
import json
import pathlib
import struct
from collections.abc import Iterator

import numpy as np

from slin import files

VERSION = "1"


class StatisticsWriter:
    """Writes into an open file; `create` opens one and puts it in place at the end."""

    def __init__(self, file, widths: dict[str, int], sha256: str):
        entries: dict[str, dict] = {"__metadata__": {"model_sha256": sha256, "version": VERSION}}
        offset = 0
        for tensor, width in widths.items():
            for key, shape in (("count", [1]), ("mean", [width]), ("second_moment", [width, width])):
                end = offset + 8 * int(np.prod(shape))
                entries[f"{tensor}/{key}"] = {"dtype": "F64", "shape": shape, "data_offsets": [offset, end]}
                offset = end
        header = json.dumps(entries, ensure_ascii=False, separators=(",", ":")).encode()
        header += b" " * (-len(header) % 8)
        self.file = file
        self.start = 8 + len(header)
        self.entries = entries
        file.write(struct.pack("<Q", len(header)) + header)
        file.truncate(self.start + offset)

    def write(self, tensor: str, count: int, mean: np.ndarray, second_moment: np.ndarray) -> None:
        """Puts one tensor's statistics at their place; the order is free."""
        for key, array in (("count", np.array([count])), ("mean", mean), ("second_moment", second_moment)):
            entry = self.entries[f"{tensor}/{key}"]
            if list(array.shape) != entry["shape"]:
                raise ValueError(f"{tensor}/{key}: expected the shape {entry['shape']}, found {list(array.shape)}")
            self.file.seek(self.start + entry["data_offsets"][0])
            self.file.write(np.ascontiguousarray(array, dtype="<f8").data)


@contextlib.contextmanager
def create(path: pathlib.Path, widths: dict[str, int], sha256: str) -> Iterator[StatisticsWriter]:
    """A writer whose file appears as `path` when the block ends well, and not at all
    otherwise."""
    with files.pending(path) as unfinished, open(unfinished, "wb") as file:
        yield StatisticsWriter(file, widths, sha256)


def model_of(path: pathlib.Path) -> str | None:
    """The sha256 of the model that the statistics at `path` belong to; None where the
    file does not say, or is no safetensors file (the core says what is wrong with it)."""
    try:
        with open(path, "rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            header = json.loads(file.read(length)) if length < 2**28 else {}
    except (OSError, struct.error, ValueError):
        return None
    metadata = header.get("__metadata__") if isinstance(header, dict) else None
    return metadata.get("model_sha256") if isinstance(metadata, dict) else None
