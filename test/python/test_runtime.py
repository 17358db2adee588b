# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""slin.runtime on the recording driver, which computes `double_f32` and otherwise
proves calls: arrays of all kinds, a machine with three files only, the command.
"""

import ctypes
import gc
import json
import os
import pathlib
import shutil
import subprocess
import sys
import threading

import numpy as np
import pytest

import artefact_writer
import slin
from slin import cli, runtime

SOURCE = pathlib.Path(__file__).parents[2]
DOUBLED, LOW_RANK = "encoder.layer.1.mlp", "encoder.layer.0.mlp"


@pytest.fixture
def program(sample, driver):
    with runtime.load(sample) as loaded:
        driver.standin_reset()
        yield loaded
    gc.collect()  # tracebacks hold arrays
    assert driver.standin_live() == 0, "what was allocated must be given back"


class OfDLPack:
    """What another library would have on the GPU, which tells of itself by DLPack."""

    def __init__(self, program, array: np.ndarray):
        self.memory = program.empty(array.shape, "f32")
        ctypes.memmove(self.memory.pointer, np.ascontiguousarray(array).ctypes.data, array.nbytes)
        self.stream_asked = None

    def __dlpack_device__(self):
        return (2, 0)

    def __dlpack__(self, *, stream=None):
        self.stream_asked = stream
        return self.memory.__dlpack__(stream=-1)


class OfInterface:
    """The same by __cuda_array_interface__."""

    def __init__(self, program, array: np.ndarray):
        self.memory = OfDLPack(program, array).memory
        self.__cuda_array_interface__ = self.memory.__cuda_array_interface__


def read(array: runtime.DeviceArray) -> np.ndarray:
    return np.frombuffer(array.to_host(), np.float32).reshape(array.shape)


def test_entries_tell_their_signature(program):
    assert program.target == "sm_90a, cubin, on Stand-in 0"
    assert list(program.entries) == [LOW_RANK, DOUBLED]
    entry = program.entries[LOW_RANK]
    assert entry.structure.startswith("low_rank(1024x256, rank 64), gelu")
    assert entry.inputs == (runtime.Value("x", "bf16", 256, 3, 16),)


@pytest.mark.parametrize("kind", [OfDLPack, OfInterface])
@pytest.mark.parametrize("shape", [(8,), (5, 8), (2, 3, 8), (0, 8)])
def test_arrays_of_the_device(program, kind, shape):
    array = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    x = kind(program, array)
    y = program.run(DOUBLED, x)
    assert y.shape == shape
    np.testing.assert_array_equal(read(y), 4 * array)
    if kind is OfDLPack:
        assert x.stream_asked == 1, "DLPack's name of the default stream"


def test_results_are_for_other_libraries(program):
    y = program.run(DOUBLED, OfDLPack(program, np.ones((3, 8), np.float32)), stream=12)
    interface = y.__cuda_array_interface__
    assert (interface["shape"], interface["typestr"], interface["stream"]) == ((3, 8), "<f4", 12)
    assert interface["data"] == (y.pointer, False)
    # One result is another run's input, through DLPack and through the other.
    z = program.run(DOUBLED, y)
    np.testing.assert_array_equal(read(z), np.full((3, 8), 16))
    assert z.__cuda_array_interface__["stream"] == 12, "an input's stream is gone on with"


def test_streams_of_the_interface(program, driver):
    """A producer's stream is the one to run on; where another is asked for, it is
    waited for."""
    x = OfInterface(program, np.ones((3, 8), np.float32))
    x.__cuda_array_interface__ = x.__cuda_array_interface__ | {"stream": 9}
    program.run(DOUBLED, x)
    assert " on 9 " in driver.standin_log().decode()
    driver.standin_reset()
    program.run(DOUBLED, x, stream=10)
    log = driver.standin_log().decode()
    assert log.index("cuStreamSynchronize 9") < log.index("cuLaunchKernelEx") and " on 10 " in log


def test_a_capsule_keeps_the_memory(program, driver):
    class OnTheHost:
        """numpy takes DLPack of the host only, which the recording driver's memory is."""

        def __init__(self, array):
            self.array = array

        def __dlpack_device__(self):
            return (1, 0)

        def __dlpack__(self, **_):
            capsule = self.array.__dlpack__()
            managed = runtime._DLManagedTensor.from_address(runtime._capsule_pointer(id(capsule), b"dltensor"))
            managed.tensor.device.type = 1
            return capsule

    y = program.run(DOUBLED, np.ones((4, 8), np.float32))
    x = program.empty((4, 8), "f32")
    ctypes.memmove(x.pointer, y.ctypes.data, y.nbytes)
    before = driver.standin_live()
    taken = np.from_dlpack(OnTheHost(x))
    del x
    assert driver.standin_live() == before
    np.testing.assert_array_equal(taken, y)
    del taken
    assert driver.standin_live() == before - 1
    assert not runtime._exported
    program.empty((4, 8), "f32").__dlpack__()  # that nobody takes
    assert not runtime._exported
    assert driver.standin_live() == before - 1


def test_outputs_of_the_caller_and_streams(program, driver):
    x, y = (OfDLPack(program, np.full((6, 8), 3, np.float32)) for _ in range(2))
    assert program.run(DOUBLED, x, out=y, stream=77) is y
    assert x.stream_asked == 77
    log = driver.standin_log().decode()
    assert log.count("cuLaunchKernelEx double_f32 <<<(1, 1), 256, 0>>> on 77 ") == 2
    np.testing.assert_array_equal(read(y.memory), np.full((6, 8), 12))

    class Stream:
        cuda_stream = 78

    driver.standin_reset()
    program.run(DOUBLED, x, out=y, stream=Stream())
    log = driver.standin_log().decode()
    assert " on 78 " in log and "Synchronize" not in log


def test_graphs(program, driver):
    x, z = OfDLPack(program, np.full((6, 8), 3, np.float32)), OfDLPack(program, np.ones((40, 8), np.float32))
    y = program.empty((6, 8), "f32")
    graph = program.graph(DOUBLED, x, out=y)
    assert "cuLaunchKernelEx" not in driver.standin_log().decode()
    graph.launch(stream=5)
    np.testing.assert_array_equal(read(y), np.full((6, 8), 12))
    graph.update(z, out=z)
    del y
    graph.launch()
    np.testing.assert_array_equal(read(z.memory), np.full((40, 8), 4))
    with pytest.raises(runtime.Error, match="expected f32, found bf16"):
        graph.update(program.empty((2, 8), "bf16"), out=z)
    with pytest.raises(runtime.Error, match="input 'x': expected an array of the device"):
        program.graph(DOUBLED, np.ones((2, 8), np.float32), out=z)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
def test_arrays_of_the_host(program, dtype):
    x = np.random.default_rng(1).integers(-100, 100, (2, 7, 8)).astype(dtype)
    y = program.run(DOUBLED, x)
    assert y.dtype == np.float32
    np.testing.assert_array_equal(y, 4 * x.astype(np.float32))
    np.testing.assert_array_equal(program.run(DOUBLED, x.transpose(1, 0, 2)), 4 * x.transpose(1, 0, 2))


def test_bf16_rounds_to_the_nearest_even(tmp_path, driver):
    writer = artefact_writer.Writer()
    target = writer.target(90)
    kernel = writer.kernel("add_bytes", writer.module("m", target, b"", artefact_writer.ptx("sm_90", add_bytes="ppnn")))
    launch = artefact_writer.Launch(
        kernel, (artefact_writer.Pointer(0), artefact_writer.Pointer(1), artefact_writer.per_token(16), 0), 1
    )
    buffers = (artefact_writer.input_buffer(), artefact_writer.output_buffer())
    values = [artefact_writer.Value(name, 8) for name in "xy"]
    writer.entry("copy", "copy", values[:1], values[1:], [artefact_writer.Plan(target, 1, 100, buffers, (launch,))])
    (tmp_path / "copy.slingpu").write_bytes(writer.finish())
    x = np.array([[1, 1 + 2**-8, 1 + 3 * 2**-8, -1e-40, np.inf, -np.inf, 3.4e38, np.nan]], np.float32)
    with runtime.load(tmp_path / "copy.slingpu") as program:
        y = program.run("copy", x)
    expected = [1, 1, 1 + 2**-6, -1e-40, np.inf, -np.inf, np.inf, np.nan]
    np.testing.assert_allclose(y[0], expected, rtol=1e-2, atol=1e-41)
    np.testing.assert_array_equal(y[0, :3], expected[:3])


@pytest.fixture
def two(tmp_path, driver):
    """Two inputs and two outputs, of different widths: each output is twice an input."""
    writer = artefact_writer.Writer()
    target = writer.target(90)
    text = artefact_writer.ptx("sm_90", double_f32="ppn")
    kernel = writer.kernel("double_f32", writer.module("m", target, b"", text))
    values = [
        artefact_writer.Value(name, width, artefact_writer.F32)
        for name, width in (("a", 8), ("b", 4), ("c", 4), ("d", 8))
    ]
    buffers = [make(i) for make in (artefact_writer.input_buffer, artefact_writer.output_buffer) for i in (0, 1)]
    steps = tuple(
        artefact_writer.Launch(
            kernel,
            (artefact_writer.Pointer(source), artefact_writer.Pointer(result), artefact_writer.per_token(width)),
            1,
        )
        for source, result, width in ((0, 3, 8), (1, 2, 4))
    )
    plan = artefact_writer.Plan(target, 1, 100, tuple(buffers), steps)
    writer.entry("crossed", "doubled and crossed", values[:2], values[2:], [plan])
    (tmp_path / "two.slingpu").write_bytes(writer.finish())
    with runtime.load(tmp_path / "two.slingpu") as loaded:
        yield loaded


def test_several_inputs_and_outputs(two):
    a = np.arange(24, dtype=np.float32).reshape(3, 8)
    b = np.arange(12, dtype=np.float32).reshape(3, 4)
    c, d = two.run("crossed", a, b)
    np.testing.assert_array_equal(c, 2 * b)
    np.testing.assert_array_equal(d, 2 * a)
    outputs = (two.empty((3, 4), "f32"), two.empty((3, 8), "f32"))
    c, d = two.run("crossed", OfDLPack(two, a), OfInterface(two, b), out=outputs)
    np.testing.assert_array_equal(read(c), 2 * b)
    np.testing.assert_array_equal(read(d), 2 * a)
    for arguments, settings, message in (
        ((a, b[:2]), {}, "input 'b': expected the shape [3, 4], found [2, 4]"),
        ((a, OfDLPack(two, b)), {}, "expected all inputs on the device or all on the host, found both"),
        ((OfDLPack(two, a), OfDLPack(two, b)), {"out": outputs[:1]}, "expected 2 outputs, found 1"),
    ):
        with pytest.raises(runtime.Error) as error:
            two.run("crossed", *arguments, **settings)
        assert message in str(error.value)


def test_several_threads(program):
    def work(seed: int) -> None:
        for round_ in range(20):
            x = np.full((seed + 1, 8), seed + round_, np.float32)
            if not np.array_equal(program.run(DOUBLED, x), 4 * x):
                wrong.append((seed, round_))

    wrong: list[tuple[int, int]] = []
    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_arrays_outlive_their_program(sample, driver):
    with runtime.load(sample) as program:
        y = program.run(DOUBLED, program.empty((2, 8), "f32"))
    with pytest.raises(runtime.Error, match="found one that was closed"):
        program.run(DOUBLED, y)
    assert driver.standin_live() > 1
    assert len(y.__cuda_array_interface__["shape"]) == 2
    del y
    gc.collect()
    assert driver.standin_live() == 0


def test_errors(program, sample):
    x = np.ones((3, 8), np.float32)
    on_device = OfDLPack(program, x)
    for arguments, settings, message in (
        (("mlp", x), {}, f"expected an entry of {LOW_RANK}, {DOUBLED}, found 'mlp'"),
        ((DOUBLED, x, x), {}, f"entry '{DOUBLED}': expected 1 inputs, found 2"),
        ((DOUBLED, x[:, :4]), {}, "input 'x': expected 8 features, found shape [3, 4]"),
        ((DOUBLED, x.astype(np.int64)), {}, "input 'x': expected f32, found int64"),
        ((DOUBLED, [1.0]), {}, "expected an array with __dlpack__, __cuda_array_interface__ or"),
        ((DOUBLED, x), {"stream": 3}, "expected `out` and `stream` with arrays of the device only"),
        ((LOW_RANK, on_device), {}, "input 'x': expected bf16, found f32"),
        ((DOUBLED, on_device), {"out": x}, "output 'y': expected an array of the device, found one of the host"),
        (
            (DOUBLED, on_device),
            {"out": program.empty((2, 8), "f32")},
            "expected outputs of shape [3, '...'], found [2, 8]",
        ),
        ((DOUBLED, program.empty((1 << 16, 8), "f32")), {}, "expected at most 65535 tokens, found 65536"),
    ):
        with pytest.raises(runtime.Error) as error:
            program.run(*arguments, **settings)
        assert message in str(error.value)
    strided = OfInterface(program, x)
    strided.__cuda_array_interface__ = strided.__cuda_array_interface__ | {"shape": (3, 4), "strides": (32, 4)}
    with pytest.raises(runtime.Error, match="expected contiguous rows"):
        program.run(DOUBLED, strided)
    closed = runtime.load(sample)
    closed.close()
    with pytest.raises(runtime.Error, match="expected a loaded program, found one that was closed"):
        closed.run(DOUBLED, on_device)


def test_driver_errors_have_their_code(sample, driver):
    driver.standin_reset()
    driver.standin_configure(b"STANDIN_FAIL", 12)
    try:
        with pytest.raises(runtime.Error, match=r"CUDA_ERROR_ECC_UNCORRECTABLE \(214\): told to fail") as error:
            runtime.load(sample)
    finally:
        driver.standin_configure(b"STANDIN_FAIL", 0)
    assert (error.value.status, error.value.driver_code) == (5, 214)
    del error
    gc.collect()
    assert driver.standin_live() == 0


def python(code: str, *arguments: object, **environment: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-I", "-c", code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | environment)


def test_a_machine_without_slin(sample, driver, tmp_path):
    """The artefact, runtime.py, the library, made there by a C compiler: no slin, no
    numpy, no header of CUDA."""
    shutil.copy(SOURCE / "python/slin/runtime.py", tmp_path)
    compiler = shutil.which("cc") or shutil.which("clang-22")
    assert compiler, "slin is built with a C compiler"
    sources = sorted((SOURCE / "lib/Runtime").glob("*.c"))
    command = [compiler, "-shared", "-fPIC", "-O2", *sources, "-ldl", "-lpthread", "-o", "libslin_runtime.so"]
    subprocess.run(command, cwd=tmp_path, check=True)
    done = python(
        """
import sys
sys.path.insert(0, sys.argv[1])
import runtime
with runtime.load(sys.argv[2]) as program:
    y = program.run(sys.argv[3], program.empty((4, 8), "f32"))
    print(y.shape, program.target, len(y.to_host()))
    del y
print([name for name in ("numpy", "torch", "slin") if name in sys.modules])
""",
        tmp_path, sample, DOUBLED,
    )  # fmt: skip
    assert done.stderr == ""
    assert done.stdout == "(4, 8) sm_90a, cubin, on Stand-in 0 128\n[]\n"


LOAD = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("runtime", sys.argv[1])
runtime = sys.modules["runtime"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(runtime)
try:
    print(runtime.load(sys.argv[2]).target)
except runtime.Error as error:
    print(error)
"""


@pytest.mark.parametrize(
    "environment, said",
    [
        ({"STANDIN_LOOKUP": "0"}, "sm_90a, cubin, on Stand-in 0"),
        (
            {"STANDIN_ARCHITECTURE": "75"},
            "expected code for sm_75, which the device Stand-in 0 is; found sm_80 (PTX), ",
        ),
        ({"SLIN_CUDA_DRIVER": "/nowhere/libcuda.so"}, "the CUDA driver cannot be loaded: /nowhere/libcuda.so: "),
        (
            {"SLIN_CUDA_DRIVER": "libm.so.6"},
            "libm.so.6 has no cuInit, which CUDA 2.0 brought: install a driver of CUDA 12.0 or later",
        ),
        ({"SLIN_RUNTIME": "/nowhere/libslin.so"}, "slin's runtime cannot be loaded (/nowhere/libslin.so: "),
    ],
)
def test_drivers_and_devices(sample, driver, environment, said):
    library = {"SLIN_RUNTIME": str(pathlib.Path(slin.__file__).parent / "libslin_runtime.so")}
    done = python(LOAD, SOURCE / "python/slin/runtime.py", sample, **(library | environment))
    assert done.stderr == ""
    assert said in done.stdout


def test_inspect_command(sample, tmp_path, capsys):
    assert cli.main(["inspect", str(sample), "--report", str(tmp_path / "r.json")]) == 0
    said = capsys.readouterr().out
    assert "model: sample.onnx" in said
    target = runtime.describe(sample)["targets"][1]
    assert f"sm_90a: cubin {target['cubin_bytes']:,} bytes, PTX {target['ptx_bytes']:,} bytes" in said
    assert "x [..., 256] bf16 → y [..., 256] bf16" in said
    assert "gemm → gemm → gemm → gemm" in said
    report = json.loads((tmp_path / "r.json").read_text())
    assert report == runtime.describe(sample)
    assert [entry["name"] for entry in report["entries"]] == [LOW_RANK, DOUBLED]
    assert cli.main(["inspect", str(sample), "--mlp-like"]) == 2


def test_run_command(sample, tmp_path, capsys):
    x = np.arange(16, dtype=np.float32).reshape(2, 8)
    np.savez(tmp_path / "x.npz", x=x)
    words = ["run", str(sample), "--inputs", str(tmp_path / "x.npz")]
    assert cli.main([*words, "--entry", DOUBLED, "-o", str(tmp_path / "y.npz")]) == 0
    said = capsys.readouterr().out
    assert f"entry '{DOUBLED}', sm_90a, cubin, on Stand-in 0" in said and "y: [2, 8], f32" in said
    np.testing.assert_array_equal(np.load(tmp_path / "y.npz")["y"], 4 * x)
    assert cli.main(words) == 2
    assert "has several networks, say which by --entry" in capsys.readouterr().err
    assert cli.main([*words, "--entry", "mlp"]) == 2
    assert cli.main([*words, "--entry", LOW_RANK]) == 1
    assert "expected 256 features, found shape [2, 8]" in capsys.readouterr().err
    np.savez(tmp_path / "x.npz", z=x)
    assert cli.main([*words, "--entry", DOUBLED]) == 2
    assert "takes an input 'x', found z in " in capsys.readouterr().err
    assert cli.main([*words, "--device", "4", "--entry", DOUBLED]) == 1
    assert "expected a device in 0..0, found 4" in capsys.readouterr().err


@pytest.mark.parametrize("edit", ["truncated", "flipped", "version", "not one"])
def test_damaged_files(sample, tmp_path, capsys, edit):
    data = bytearray(sample.read_bytes())
    edits = {
        "truncated": (data[:-100], f"expected {len(data)} bytes, found {len(data) - 100}; the file is damaged"),
        "flipped": (data[:5000] + bytes([data[5000] ^ 4]) + data[5001:], "expected checksum"),
        "version": (artefact_writer.seal(data[:8] + b"\x01" + data[9:]), "expected version 2 of the format, found 1"),
        "not one": (b"\x08\x07" * 600, "expected a .slingpu file, which starts with the bytes 89 53 4c 49"),
    }
    bad, message = edits[edit]
    (tmp_path / "bad.slingpu").write_bytes(bad)
    assert cli.main(["inspect", str(tmp_path / "bad.slingpu")]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"slin inspect: {tmp_path}/bad.slingpu: ") and message in said
