# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs .slingpu files, which `slin compile` writes, on an NVIDIA GPU.

    from slin import runtime

    program = runtime.load("model.slingpu")
    y = program.run("encoder.layer.0.mlp", x)

`x` is anything on the GPU that has `__dlpack__` or `__cuda_array_interface__` (torch,
CuPy, JAX), or an array of the host, which is copied there and its result back. This
file needs Python, the driver, and libslin_runtime.so beside it (or where SLIN_RUNTIME
says); the rest of slin is not needed, so that both can be copied to another machine.
"""

import contextlib
import ctypes
import json
import os
import sys
import threading
from ctypes import byref, c_char, c_char_p, c_int, c_size_t, c_uint, c_uint64, c_void_p
from dataclasses import dataclass
from math import prod
from typing import Any


class Error(Exception):
    """A file, device or argument that is not as it should be; says which and why.
    `status` is as enum slin_status of slin_runtime.h, `driver_code` a CUresult."""

    def __init__(self, message: str, status: int = 1, driver_code: int = 0):
        super().__init__(message)
        self.status = status
        self.driver_code = driver_code


class _Report(ctypes.Structure):  # slin_error
    _fields_ = [("status", c_int), ("driver_code", c_int), ("message", c_char * 1008)]


# The functions of slin_runtime.h that answer with a status, less their last parameter.
_CALLS: dict[str, list[Any]] = {
    "slin_open": [c_char_p, c_void_p],
    "slin_load": [c_void_p, c_int, c_uint, c_void_p],
    "slin_unload": [c_void_p],
    "slin_workspace_size": [c_void_p, c_uint, c_uint, c_void_p],
    "slin_run": [c_void_p, c_uint, c_uint, c_void_p, c_void_p, c_void_p, c_uint64, c_uint64],
    "slin_graph_create": [c_void_p, c_uint, c_uint, c_void_p, c_void_p, c_uint64, c_uint64, c_void_p],
    "slin_graph_update": [c_void_p, c_uint, c_void_p, c_void_p],
    "slin_graph_launch": [c_void_p, c_void_p],
    "slin_graph_destroy": [c_void_p],
    "slin_allocate": [c_void_p, c_uint64, c_void_p],
    "slin_free": [c_void_p, c_uint64],
    "slin_copy_to_device": [c_void_p, c_uint64, c_void_p, c_uint64],
    "slin_copy_to_host": [c_void_p, c_void_p, c_uint64, c_uint64, c_void_p],
    "slin_synchronize": [c_void_p, c_void_p],
}

_library: ctypes.CDLL | None = None
_lock = threading.Lock()


def library() -> ctypes.CDLL:
    """libslin_runtime.so, loaded once."""
    global _library
    with _lock:
        if _library is None:
            folder = os.path.dirname(os.path.abspath(__file__))
            path = os.environ.get("SLIN_RUNTIME") or os.path.join(folder, "libslin_runtime.so")
            try:
                loaded = ctypes.CDLL(path)
            except OSError as error:
                raise Error(
                    f"slin's runtime cannot be loaded ({error}): build it in lib/Runtime with"
                    " `cc -shared -fPIC -O2 *.c -ldl -lpthread -o libslin_runtime.so` and put it beside"
                    f" {os.path.basename(__file__)}, or name it in SLIN_RUNTIME"
                ) from error
            for name, parameters in _CALLS.items():
                function = getattr(loaded, name)
                function.argtypes, function.restype = [*parameters, c_void_p], c_int
            loaded.slin_close.argtypes, loaded.slin_close.restype = [c_void_p], None
            loaded.slin_describe.argtypes = [c_void_p, c_void_p, c_size_t]
            loaded.slin_describe.restype = c_size_t
            loaded.slin_program_target.argtypes, loaded.slin_program_target.restype = [c_void_p], c_char_p
            _library = loaded
        return _library


def _call(name: str, *arguments) -> None:
    report = _Report()
    status = getattr(library(), name)(*arguments, byref(report))
    if status:
        raise Error(report.message.decode(errors="replace"), status, report.driver_code)


# Element types by their name in an artefact: bytes, the `typestr` of the array
# interface, code and bits of DLPack. bf16 has no typestr of its own.
_TYPES = {
    "f32": (4, "<f4", (2, 32)),
    "f16": (2, "<f2", (2, 16)),
    "bf16": (2, "<V2", (4, 16)),
    "i32": (4, "<i4", (0, 32)),
    "u8": (1, "|u1", (1, 8)),
}
_BY_TYPESTR = {typestr: name for name, (_, typestr, _) in _TYPES.items()}
_BY_DLPACK = {code: name for name, (_, _, code) in _TYPES.items()}
_TORCH_NAMES = {"f32": "float32", "f16": "float16", "bf16": "bfloat16", "i32": "int32", "u8": "uint8"}
_BY_TORCH = {name: ours for ours, name in _TORCH_NAMES.items()}


@dataclass(frozen=True)
class Value:
    """An input or output of an entry: [..., features], all other axes count tokens."""

    name: str
    type: str
    features: int
    rank: int
    alignment: int


@dataclass(frozen=True)
class Entry:
    name: str
    structure: str
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    index: int


# ===-- Arrays of others ----------------------------------------------------=== #


@dataclass
class _View:
    """Somebody's array: where it is, and what keeps it alive."""

    pointer: int
    shape: tuple[int, ...]
    type: str
    owner: Any
    device: int = -1  # not said
    stream: int | None = None  # on which it is written, where that is said


class _DLDevice(ctypes.Structure):
    _fields_ = [("type", c_int), ("id", c_int)]


class _DLDataType(ctypes.Structure):
    _fields_ = [("code", ctypes.c_uint8), ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16)]


class _DLTensor(ctypes.Structure):  # dlpack.h, as of DLPack 0.x and of 1.x without versions
    _fields_ = [
        ("data", c_void_p),
        ("device", _DLDevice),
        ("ndim", c_int),
        ("dtype", _DLDataType),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", c_uint64),
    ]


class _DLManagedTensor(ctypes.Structure):
    pass


_Deleter = ctypes.CFUNCTYPE(None, c_void_p)
_DLManagedTensor._fields_ = [("tensor", _DLTensor), ("context", c_void_p), ("deleter", _Deleter)]
_CPU, _CUDA, _CUDA_HOST, _CUDA_MANAGED = 1, 2, 3, 13

_pythonapi = ctypes.pythonapi
_capsule_new = ctypes.PYFUNCTYPE(ctypes.py_object, c_void_p, c_char_p, c_void_p)(("PyCapsule_New", _pythonapi))
# These take a capsule's address, so that they can be asked about one that is going.
_capsule_pointer = ctypes.PYFUNCTYPE(c_void_p, c_void_p, c_char_p)(("PyCapsule_GetPointer", _pythonapi))
_capsule_is = ctypes.PYFUNCTYPE(c_int, c_void_p, c_char_p)(("PyCapsule_IsValid", _pythonapi))


def _check_dense(what: str, shape: tuple[int, ...], strides: tuple[int, ...] | None, unit: int) -> None:
    """Strides in `unit`s; rows without gaps, one after the other."""
    step = unit
    for size, stride in zip(reversed(shape), reversed(strides or ()), strict=bool(strides)):
        if size != 1 and stride != step:
            raise Error(f"{what}: expected contiguous rows, found shape {shape} with strides {strides}: make a copy")
        step *= size


def _is_torch(array: Any) -> bool:
    """Without importing torch."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(array, torch.Tensor)


def _is_on_device(what: str, array: Any) -> bool:
    if isinstance(array, DeviceArray):
        return True
    if _is_torch(array):
        kind = {"cuda": _CUDA, "cpu": _CPU}.get(array.device.type, 0)
    elif hasattr(array, "__dlpack_device__"):
        kind = int(array.__dlpack_device__()[0])
    elif hasattr(array, "__cuda_array_interface__"):
        kind = _CUDA
    elif hasattr(array, "__array_interface__"):
        kind = _CPU
    else:
        raise Error(
            f"{what}: expected an array with __dlpack__, __cuda_array_interface__ or __array_interface__,"
            f" found {type(array).__name__}"
        )
    if kind not in (_CPU, _CUDA, _CUDA_HOST, _CUDA_MANAGED):
        raise Error(f"{what}: expected memory of a CUDA device or the host, found {type(array).__name__} on another")
    return kind in (_CUDA, _CUDA_MANAGED)


def _view_torch(what: str, array: Any) -> _View:
    name = _BY_TORCH.get(str(array.dtype).removeprefix("torch."), str(array.dtype))
    _check_dense(what, tuple(array.shape), array.stride(), 1)
    device = array.device.index if array.device.type == "cuda" else -1
    return _View(array.data_ptr(), tuple(array.shape), name, array, device)


def _view_interface(what: str, array: Any) -> _View:
    interface = array.__cuda_array_interface__
    shape, typestr = tuple(interface["shape"]), interface["typestr"].replace("|V2", "<V2")
    name = _BY_TYPESTR.get(typestr, typestr)
    if name in _TYPES:
        _check_dense(what, shape, interface.get("strides"), _TYPES[name][0])
    # The interface calls the default stream 1; 2, the one per thread, keeps its number.
    stream = interface.get("stream")
    return _View(interface["data"][0] or 0, shape, name, array, stream=0 if stream == 1 else stream)


def _view_dlpack(what: str, array: Any, stream: int) -> _View:
    # DLPack calls the default stream 1; the producer makes it wait.
    capsule = array.__dlpack__(stream=stream or 1)
    tensor = _DLManagedTensor.from_address(_capsule_pointer(id(capsule), b"dltensor")).tensor
    shape = tuple(tensor.shape[axis] for axis in range(tensor.ndim))
    strides = tuple(tensor.strides[axis] for axis in range(tensor.ndim)) if tensor.strides else None
    _check_dense(what, shape, strides, 1)
    code = (tensor.dtype.code, tensor.dtype.bits)
    name = _BY_DLPACK.get(code, f"DLPack's type {code}") if tensor.dtype.lanes == 1 else "vectors"
    # We take nothing out of the capsule: it frees what it holds when it goes.
    return _View((tensor.data or 0) + tensor.byte_offset, shape, name, (array, capsule), tensor.device.id)


def _view(what: str, array: Any, stream: int) -> _View:
    """An array on the device. DLPack comes before the array interface, which has no
    bf16 and, in some libraries, raises where it is asked for one."""
    if not _is_on_device(what, array):
        raise Error(f"{what}: expected an array of the device, found one of the host")
    if isinstance(array, DeviceArray):
        return _View(array.pointer, array.shape, array.type, array, array.device, array._stream)
    if _is_torch(array):
        return _view_torch(what, array)
    if hasattr(array, "__dlpack_device__"):
        return _view_dlpack(what, array, stream)
    return _view_interface(what, array)


def _handle(stream: Any) -> int:
    """A CUstream as a number: of torch, of CuPy, by CUDA's protocol for Python, a number."""
    for name in ("cuda_stream", "ptr"):
        if hasattr(stream, name):
            return int(getattr(stream, name))
    if hasattr(stream, "__cuda_stream__"):
        return int(stream.__cuda_stream__()[1])
    return int(stream)


# ===-- Memory of ours ------------------------------------------------------=== #

_exported: dict[int, Any] = {}  # DLPack's tensors that somebody holds, and what they need


@_Deleter
def _forget(address: int) -> None:
    _exported.pop(address, None)


@ctypes.CFUNCTYPE(None, c_void_p)
def _drop_capsule(capsule: int) -> None:
    """Where nobody took what the capsule held (and renamed it)."""
    if _capsule_is(capsule, b"dltensor"):
        _forget(_capsule_pointer(capsule, b"dltensor"))


class DeviceArray:
    """An array on the GPU, for who takes `__dlpack__` or `__cuda_array_interface__`."""

    def __init__(self, program: "Program", shape: tuple[int, ...], type_: str):
        self.shape, self.type = shape, type_
        self._program = program
        self._stream = 0
        size, _, _ = _TYPES[type_]
        self.nbytes = prod(shape) * size
        self.pointer = program._allocate_array(self.nbytes) if self.nbytes else 0

    def __del__(self):
        if getattr(self, "pointer", 0):
            self._program._free_array(self.pointer)

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        return {
            "version": 3,
            "shape": self.shape,
            "typestr": _TYPES[self.type][1],
            "data": (self.pointer, False),
            "strides": None,
            "stream": self._stream or 1,
        }

    @property
    def device(self) -> int:
        return self._program.device

    def __dlpack_device__(self) -> tuple[int, int]:
        return _CUDA, self.device

    def __dlpack__(self, *, stream: Any = None, max_version: Any = None, dl_device: Any = None, copy: Any = None):
        if copy or dl_device not in (None, self.__dlpack_device__()):
            raise BufferError("a DeviceArray is handed on where it is, not copied")
        if stream != -1 and (0 if stream in (None, 1) else _handle(stream)) != self._stream:
            _call("slin_synchronize", self._program._program, self._stream)
        _, _, (code, bits) = _TYPES[self.type]
        shape = (ctypes.c_int64 * len(self.shape))(*self.shape)
        managed = _DLManagedTensor()
        managed.tensor.data = self.pointer
        managed.tensor.device = _DLDevice(_CUDA, self.device)
        managed.tensor.ndim = len(self.shape)
        managed.tensor.dtype = _DLDataType(code, bits, 1)
        managed.tensor.shape = ctypes.cast(shape, ctypes.POINTER(ctypes.c_int64))
        managed.deleter = _forget
        address = ctypes.addressof(managed)
        _exported[address] = (self, managed, shape)
        return _capsule_new(address, b"dltensor", ctypes.cast(_drop_capsule, c_void_p))

    def to_host(self) -> bytearray:
        """The bytes, when what writes them is done."""
        data = bytearray(self.nbytes)
        if self.nbytes:
            into = (c_char * self.nbytes).from_buffer(data)
            _call("slin_copy_to_host", self._program._program, into, self.pointer, self.nbytes, self._stream)
        return data


# ===-- Numbers of the host -------------------------------------------------=== #


def _host_view(what: str, array: Any, wanted: str) -> _View:
    """An array of the host in an entry's element type; floating ones are converted."""
    if _is_torch(array):
        if array.is_floating_point() and wanted in ("f32", "f16", "bf16"):
            array = array.to(getattr(sys.modules["torch"], _TORCH_NAMES[wanted]))
        return _view_torch(what, array.detach().contiguous())
    import numpy

    values = numpy.asarray(array if hasattr(array, "__array_interface__") else numpy.from_dlpack(array))
    floating = values.dtype.kind == "f"
    if wanted == "bf16" and floating:
        # To the nearest, ties to even; a NaN keeps its upper half and stays one.
        bits = values.astype(numpy.float32).view(numpy.uint32)
        rounded = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16
        values = numpy.where(numpy.isnan(values), bits >> 16 | 0x40, rounded).astype(numpy.uint16)
        name = wanted
    else:
        if wanted in ("f16", "f32") and floating:
            values = values.astype(_TYPES[wanted][1])
        name = "bf16" if values.dtype.name == "bfloat16" else _BY_TYPESTR.get(values.dtype.str, values.dtype.name)
    values = numpy.ascontiguousarray(values)
    return _View(values.ctypes.data, values.shape, name, values)


def _host_array(data: bytearray, shape: tuple[int, ...], type_: str, like: Any) -> Any:
    """Bytes of the device as an array of the kind that was given; numpy has no bf16 and
    gets f32."""
    if _is_torch(like):
        torch = sys.modules["torch"]
        flat = torch.frombuffer(data, dtype=torch.uint8) if data else torch.empty(0, dtype=torch.uint8)
        return flat.view(getattr(torch, _TORCH_NAMES[type_])).reshape(shape)
    import numpy

    if type_ != "bf16":
        return numpy.frombuffer(data, _TYPES[type_][1]).reshape(shape)
    return (numpy.frombuffer(data, numpy.uint16).astype(numpy.uint32) << 16).view(numpy.float32).reshape(shape)


# ===-- Programs ------------------------------------------------------------=== #


class Program:
    """An artefact on a device; `load` makes it. Its functions may be called from
    several threads."""

    def __init__(self, path: str, device: int):
        self.path, self.device = path, device
        self._artefact, self._program = c_void_p(), c_void_p()
        self._closed, self._users = False, 0
        self._workspaces: dict[int, tuple[int, int]] = {}
        self._lock = threading.RLock()
        _call("slin_open", os.fsencode(path), byref(self._artefact))
        self.description = _describe(self._artefact)
        self.entries: dict[str, Entry] = {}
        for index, entry in enumerate(self.description["entries"]):
            values = (tuple(Value(**value) for value in entry[kind]) for kind in ("inputs", "outputs"))
            self.entries[entry["name"]] = Entry(entry["name"], entry["structure"], *values, index)
        _call("slin_load", self._artefact, device, 0, byref(self._program))

    @property
    def target(self) -> str:
        """What was chosen: "sm_90a, cubin, on NVIDIA H100"."""
        return library().slin_program_target(self._program).decode(errors="replace")

    def close(self) -> None:
        """Gives back code, weights and workspaces; what ran must have ended. Arrays that
        were made, and graphs, stay as they are until the last one goes."""
        self._closed = True
        self._unload_if_unused()

    def _unload_if_unused(self) -> None:
        with self._lock:
            if not self._closed or self._users:
                return
            program, self._program = self._program, c_void_p()
            artefact, self._artefact = self._artefact, c_void_p()
            workspaces, self._workspaces = self._workspaces, {}
        try:
            for pointer, _ in workspaces.values():
                _call("slin_free", program, pointer)
        finally:
            if artefact:
                library().slin_close(artefact)
            if program:
                _call("slin_unload", program)

    def __enter__(self) -> "Program":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def __del__(self):
        with contextlib.suppress(Exception):  # nobody is left to be told
            self.close()

    def _call(self, name: str, *arguments: Any) -> None:
        if self._closed:
            raise Error(f"{self.path}: expected a loaded program, found one that was closed")
        _call(name, self._program, *arguments)

    def _allocate(self, size: int) -> int:
        pointer = c_uint64()
        self._call("slin_allocate", size, byref(pointer))
        return pointer.value

    def _allocate_array(self, size: int) -> int:
        pointer = self._allocate(size)
        with self._lock:
            self._users += 1
        return pointer

    def _free_array(self, pointer: int) -> None:
        _call("slin_free", self._program, pointer)
        self._forget_user()

    def _forget_user(self) -> None:
        with self._lock:
            self._users -= 1
        self._unload_if_unused()

    def synchronize(self, stream: Any = 0) -> None:
        self._call("slin_synchronize", _handle(stream))

    def workspace_size(self, name: str, tokens: int) -> int:
        size = c_uint64()
        self._call("slin_workspace_size", self._entry(name).index, tokens, byref(size))
        return size.value

    def _entry(self, name: str) -> Entry:
        if name not in self.entries:
            raise Error(f"{self.path}: expected an entry of {', '.join(self.entries)}, found '{name}'")
        return self.entries[name]

    def empty(self, shape: tuple[int, ...], type_: str) -> DeviceArray:
        """Memory of the device, with anything in it."""
        return DeviceArray(self, tuple(shape), type_)

    def run(self, name: str, *inputs: Any, out: Any = None, stream: Any = None) -> Any:
        """The outputs of an entry (one, or a tuple) for arrays [..., features].

        Arrays on the device: the result is what `out` is, torch tensors for torch
        tensors, otherwise a DeviceArray. It is written on `stream` (by default the
        current one of torch, or the one that an input names, or the default one);
        nothing waits for it, so that inputs must live until it is written. Calls with
        torch tensors may be captured.

        Arrays of the host are converted to the entry's element type and copied there;
        the results are copied back: numpy arrays, or torch tensors for torch tensors.
        """
        entry = self._entry(name)
        what = f"entry '{name}'"
        names = self._input_names(entry, inputs)
        on_device = {_is_on_device(one, array) for one, array in zip(names, inputs, strict=True)}
        if len(on_device) > 1:
            raise Error(f"{what}: expected all inputs on the device or all on the host, found both")
        if not on_device.pop():
            if out is not None or stream is not None:
                raise Error(f"{what}: expected `out` and `stream` with arrays of the device only")
            return self._run_host(entry, names, inputs)
        call = self._prepare(entry, inputs, out, stream)
        self._launch(call, like=inputs[0] if stream is None else None)
        for array in call.outputs:
            if isinstance(array, DeviceArray):
                array._stream = call.stream
        return call.outputs[0] if len(call.outputs) == 1 else tuple(call.outputs)

    def graph(self, name: str, *inputs: Any, out: Any) -> "Graph":
        """A run on arrays of the device, recorded as a CUDA graph."""
        entry = self._entry(name)
        return Graph(self, entry, self._prepare(entry, inputs, out, 0))

    def _input_names(self, entry: Entry, inputs: tuple[Any, ...]) -> list[str]:
        """What messages call the inputs."""
        if len(inputs) != len(entry.inputs):
            raise Error(f"entry '{entry.name}': expected {len(entry.inputs)} inputs, found {len(inputs)}")
        return [f"entry '{entry.name}': input '{value.name}'" for value in entry.inputs]

    def _prepare(self, entry: Entry, inputs: tuple[Any, ...], out: Any, stream: Any) -> "_Call":
        """Looks at all arrays, which are on the device."""
        what = f"entry '{entry.name}'"
        names = self._input_names(entry, inputs)
        chosen = self._stream(inputs, stream)
        views = [_view(one, array, chosen) for one, array in zip(names, inputs, strict=True)]
        if stream is None and views[0].stream is not None:
            chosen = views[0].stream
        for view in views:
            if view.stream is not None and view.stream != chosen:
                self.synchronize(view.stream)
        lead = _lead(names, views, entry.inputs)
        outputs = self._outputs(entry, lead, inputs[0], out)
        targets = [f"{what}: output '{value.name}'" for value in entry.outputs]
        results = [_view(one, array, chosen) for one, array in zip(targets, outputs, strict=True)]
        if _lead(targets, results, entry.outputs) != lead:
            raise Error(f"{what}: expected outputs of shape {[*lead, '...']}, found {list(results[0].shape)}")
        for view in (*views, *results):
            if view.device not in (-1, self.device):
                raise Error(f"{what}: expected memory of device {self.device}, found device {view.device}")
        pointers = [(c_uint64 * len(part))(*(view.pointer for view in part)) for part in (views, results)]
        return _Call(entry, prod(lead), pointers, chosen, outputs, (views, results))

    def _stream(self, inputs: tuple[Any, ...], stream: Any) -> int:
        if stream is not None:
            return _handle(stream)
        if _is_torch(inputs[0]):
            return sys.modules["torch"].cuda.current_stream(inputs[0].device).cuda_stream
        return 0

    def _outputs(self, entry: Entry, lead: tuple[int, ...], like: Any, out: Any) -> list[Any]:
        if out is not None:
            outputs = [out] if len(entry.outputs) == 1 and not isinstance(out, (tuple, list)) else list(out)
            if len(outputs) != len(entry.outputs):
                raise Error(f"entry '{entry.name}': expected {len(entry.outputs)} outputs, found {len(outputs)}")
            return outputs
        if not _is_torch(like):
            return [self.empty((*lead, value.features), value.type) for value in entry.outputs]
        torch = sys.modules["torch"]
        types = [getattr(torch, _TORCH_NAMES[value.type]) for value in entry.outputs]
        return [
            torch.empty((*lead, value.features), dtype=type_, device=like.device)
            for value, type_ in zip(entry.outputs, types, strict=True)
        ]

    def _launch(self, call: "_Call", like: Any) -> None:
        """With a workspace of the stream's: runs on different streams must not share one."""
        size = self.workspace_size(call.entry.name, call.tokens) if call.tokens else 0
        arguments = (call.entry.index, call.tokens, *call.pointers, call.stream)
        if size and like is not None and _is_torch(like):
            # torch's allocator orders memory by its current stream, in captures too.
            torch = sys.modules["torch"]
            scratch = torch.empty(size, dtype=torch.uint8, device=like.device)
            self._call("slin_run", *arguments, scratch.data_ptr(), size)
            return
        with self._lock:
            workspace = self._workspace(call.stream, size) if size else 0
            self._call("slin_run", *arguments, workspace, size)

    def _workspace(self, stream: int, size: int) -> int:
        pointer, held = self._workspaces.get(stream, (0, 0))
        if held < size:
            if pointer:
                del self._workspaces[stream]
                self.synchronize(stream)
                self._call("slin_free", pointer)
            pointer = self._allocate(size)
            self._workspaces[stream] = (pointer, size)
        return pointer

    def _run_host(self, entry: Entry, names: list[str], inputs: tuple[Any, ...]) -> Any:
        hosts = [_host_view(what, array, value.type)
                 for what, array, value in zip(names, inputs, entry.inputs, strict=True)]  # fmt: skip
        _lead(names, hosts, entry.inputs)
        copies = [self.empty(view.shape, view.type) for view in hosts]
        for host, copy in zip(hosts, copies, strict=True):
            if copy.nbytes:
                self._call("slin_copy_to_device", copy.pointer, host.pointer, copy.nbytes)
        results = self.run(entry.name, *copies)
        results = results if isinstance(results, tuple) else (results,)
        arrays = [_host_array(one.to_host(), one.shape, one.type, inputs[0]) for one in results]
        return arrays[0] if len(arrays) == 1 else tuple(arrays)


@dataclass
class _Call:
    """What a run needs, and what must live as long as it."""

    entry: Entry
    tokens: int
    pointers: list[Any]
    stream: int
    outputs: list[Any]
    owners: Any


class Graph:
    """A recorded run; `Program.graph` makes it. It has a workspace of its own, and keeps
    the arrays that it reads and writes."""

    def __init__(self, program: Program, entry: Entry, call: _Call):
        self._program, self._entry, self._graph = program, entry, c_void_p()
        program._call("slin_graph_create", entry.index, call.tokens, *call.pointers, 0, 0, byref(self._graph))
        self._kept = call
        with program._lock:
            program._users += 1

    def launch(self, stream: Any = 0) -> None:
        _call("slin_graph_launch", self._graph, _handle(stream))

    def update(self, *inputs: Any, out: Any) -> None:
        """Other arrays, or another number of tokens; launches must have ended."""
        call = self._program._prepare(self._entry, inputs, out, 0)
        _call("slin_graph_update", self._graph, call.tokens, *call.pointers)
        self._kept = call

    def __del__(self):
        if getattr(self, "_graph", None):
            _call("slin_graph_destroy", self._graph)
            self._program._forget_user()


def _lead(names: list[str], views: list[_View], values: tuple[Value, ...]) -> tuple[int, ...]:
    """All axes but the last, which arrays of a run have in common."""
    for what, view, value in zip(names, views, values, strict=True):
        if view.type != value.type:
            raise Error(f"{what}: expected {value.type}, found {view.type}")
        if not view.shape or view.shape[-1] != value.features:
            raise Error(f"{what}: expected {value.features} features, found shape {list(view.shape)}")
        if view.shape[:-1] != views[0].shape[:-1]:
            raise Error(f"{what}: expected the shape [{', '.join(map(str, views[0].shape[:-1]))}, {value.features}],"
                        f" found {list(view.shape)}")  # fmt: skip
    return views[0].shape[:-1]


def _describe(artefact: c_void_p) -> dict[str, Any]:
    size = library().slin_describe(artefact, None, 0) + 1
    text = ctypes.create_string_buffer(size)
    library().slin_describe(artefact, text, size)
    return json.loads(text.value.decode(errors="replace"))


def describe(path: str | os.PathLike) -> dict[str, Any]:
    """What a file says of itself; needs neither driver nor GPU."""
    artefact = c_void_p()
    _call("slin_open", os.fsencode(path), byref(artefact))
    try:
        return _describe(artefact)
    finally:
        library().slin_close(artefact)


def load(path: str | os.PathLike, device: int = 0) -> Program:
    """Opens a file, checks it wholly, and loads it on a device."""
    return Program(os.fspath(path), device)
