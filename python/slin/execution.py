# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Models in ONNX Runtime: sessions whose weights lie in another folder, and inputs
that are read, checked, generated and cut into batches.
"""

import json
import pathlib
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import onnxruntime  # type: ignore[import-untyped]

from slin import _slin

# Samples that run at a time. What is kept of a batch is a few activations of the
# model, so that a small number bounds memory and still fills matrix products.
BATCH = 16

# ONNX Runtime's names of element types; those that numpy lacks are not here.
TYPES = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(float16)": np.float16,
    "tensor(int8)": np.int8,
    "tensor(int16)": np.int16,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
    "tensor(uint8)": np.uint8,
    "tensor(uint16)": np.uint16,
    "tensor(uint32)": np.uint32,
    "tensor(uint64)": np.uint64,
    "tensor(bool)": np.bool_,
}


def open_session(model: str, outputs: list[str], options: dict[str, Any], widen: bool) -> onnxruntime.InferenceSession:
    """A session of `model` that also gives the inner values `outputs`; with `widen`,
    of its copy in which bf16 is fp32."""
    data, folder = _slin.instrument(model, outputs, json.dumps(options | {"widen": widen}))
    return session_from_bytes(data, folder, model)


def session_from_bytes(data: bytes, folder: str, name: str) -> onnxruntime.InferenceSession:
    """A session of a serialized model whose external data lie in `folder`; messages
    call it `name`."""
    settings = onnxruntime.SessionOptions()
    settings.log_severity_level = 3
    settings.add_session_config_entry("session.model_external_initializers_file_folder_path", folder)
    try:
        return onnxruntime.InferenceSession(data, settings, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise _slin.Error(f"{name}: ONNX Runtime cannot load the model: {error}") from error


def run(session: onnxruntime.InferenceSession, outputs: list[str] | None, batch: dict[str, np.ndarray], name: str):
    """The outputs of one batch; ONNX Runtime's error as ours."""
    try:
        return session.run(outputs, batch)
    except Exception as error:
        shapes = ", ".join(f"{key} {list(value.shape)}" for key, value in batch.items())
        raise _slin.Error(f"{name}: ONNX Runtime cannot run the model on {shapes}: {error}") from error


def holds_bfloat16(model: str, options: dict[str, Any]) -> bool:
    """Whether a model has bf16 weights, for which ONNX Runtime's CPU has no kernels."""
    return any_bfloat16(json.loads(_slin.contents(model, json.dumps(options))))


def any_bfloat16(contents: dict[str, Any]) -> bool:
    """The same of what `_slin.contents` answered."""
    return any(weight["dtype"] == "bfloat16" for weight in contents["weights"])


def read_inputs(inputs: str | pathlib.Path | Mapping[str, np.ndarray]) -> tuple[dict[str, np.ndarray], str]:
    """Arrays by input name, and what messages call them."""
    if isinstance(inputs, Mapping):
        return {name: np.asarray(array) for name, array in inputs.items()}, "the given inputs"
    try:
        file = np.load(inputs, allow_pickle=False)
        if isinstance(file, np.ndarray):
            raise _slin.Error(f"{inputs}: expected an .npz file of named arrays, found a single array")
        with file:
            return {name: file[name] for name in file.files}, str(inputs)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise _slin.Error(f"{inputs}: cannot be read as an .npz file: {error}") from error


def fit_inputs(
    session: onnxruntime.InferenceSession, arrays: dict[str, np.ndarray], source: str
) -> dict[str, np.ndarray]:
    """The arrays that the model takes, in its element types."""
    fitted = {}
    for wanted in session.get_inputs():
        if wanted.name not in arrays:
            raise _slin.UsageError(
                f"the model takes an input '{wanted.name}', found {', '.join(arrays) or 'none'} in {source}"
            )
        array = arrays[wanted.name]
        dtype = TYPES.get(wanted.type)
        if dtype is None:
            raise _slin.Error(f"input '{wanted.name}' has the type {wanted.type}, which numpy cannot hold")
        if array.dtype != dtype:
            converted: np.ndarray = array.astype(dtype)
            exact = np.issubdtype(dtype, np.floating) or np.array_equal(converted, array)
            if not np.can_cast(array.dtype, dtype, "same_kind") or not exact:
                raise _slin.UsageError(
                    f"input '{wanted.name}' of the model is {np.dtype(dtype)}, found {array.dtype} in {source}"
                )
            array = converted
        if array.ndim != len(wanted.shape) or array.ndim == 0:
            raise _slin.UsageError(
                f"input '{wanted.name}' of the model has {len(wanted.shape)} axes, found {array.ndim} in {source}"
            )
        fitted[wanted.name] = array
    counts = {name: len(array) for name, array in fitted.items()}
    if len(set(counts.values())) > 1:
        raise _slin.UsageError(
            "the leading axis counts samples and must be equal in all inputs, found "
            + ", ".join(f"{name} {count}" for name, count in counts.items())
        )
    if not counts or not next(iter(counts.values())):
        raise _slin.UsageError(f"{source} has no sample")
    return fitted


def batch_size(session: onnxruntime.InferenceSession) -> tuple[int, bool]:
    """Samples per run, and whether the model allows no other number."""
    fixed = {wanted.shape[0] for wanted in session.get_inputs() if wanted.shape and isinstance(wanted.shape[0], int)}
    if len(fixed) > 1:
        raise _slin.Error(f"the model's inputs have leading axes of {sorted(fixed)}: expected one number of samples")
    return (fixed.pop(), True) if fixed else (BATCH, False)


def batches(
    session: onnxruntime.InferenceSession, arrays: dict[str, np.ndarray]
) -> Iterator[tuple[int, dict[str, np.ndarray]]]:
    """The arrays in batches, each with the number of samples so far. Where the model
    fixes the number, samples that fill no batch are left out."""
    size, fixed = batch_size(session)
    samples = len(next(iter(arrays.values())))
    if fixed and samples < size:
        raise _slin.UsageError(f"the model takes {size} samples at a time, found {samples}")
    for start in range(0, samples - size + 1 if fixed else samples, size):
        stop = min(start + size, samples)
        yield stop, {name: array[start:stop] for name, array in arrays.items()}


def generate_inputs(session: onnxruntime.InferenceSession, samples: int, length: int) -> dict[str, np.ndarray]:
    """Inputs that most models accept: masks of ones, positions in order, small token
    ids, normal numbers. Free axes are `length`, a free leading one is `samples`."""
    generator = np.random.default_rng(0)
    arrays: dict[str, np.ndarray] = {}
    for wanted in session.get_inputs():
        dtype = TYPES.get(wanted.type)
        if dtype is None:
            raise _slin.Error(f"no input can be generated for '{wanted.name}' of type {wanted.type}: give inputs")
        shape = [
            size if isinstance(size, int) else (length if axis else samples) for axis, size in enumerate(wanted.shape)
        ]
        name = wanted.name.lower()
        array: np.ndarray
        if np.issubdtype(dtype, np.floating):
            array = generator.standard_normal(shape)
        elif "mask" in name or dtype is np.bool_:
            array = np.ones(shape)
        elif "position" in name:
            array = np.broadcast_to(np.arange(shape[-1] if shape else 1), shape)
        elif "type" in name:
            array = np.zeros(shape)
        else:
            array = generator.integers(0, 100, shape)
        arrays[wanted.name] = np.ascontiguousarray(array.astype(dtype))
    return arrays
