"""Calibrated low rank against the same job in numpy, with the same threads.

    ninja -C build factorization-benchmark
    OPENBLAS_NUM_THREADS=2 python test/benchmark/factorization.py build/bin/factorization-benchmark

The job: from W [out, in] and C [in, in] the factors of the rank that removes 30 %
of the parameters, optimal in |(W - U V) C^1/2|. numpy's way is eigh(C), svd(W C^1/2)
and one product; both get the same matrices and the same number of threads.
Prints a row of docs/Benchmarks.md per shape. On a machine that is not quiet, spinning
threads make times on the wall meaningless: compare one thread with --clock processor.
Not part of the test suite.
"""

import argparse
import os
import pathlib
import subprocess
import tempfile
import time

import numpy as np

SHAPES = [(3072, 768), (768, 3072), (4096, 1024), (1024, 4096), (4096, 11008)]
CLOCKS = {"wall": time.perf_counter, "processor": time.process_time}


def make(outputs, inputs):
    """A weight with a decaying spectrum, and the second moment of correlated inputs."""
    rng = np.random.default_rng(0)
    short = min(outputs, inputs)
    weight = rng.standard_normal((outputs, short)) * np.arange(1, short + 1) ** -0.5
    weight = weight @ rng.standard_normal((short, inputs)) / short
    x = rng.standard_normal((inputs, 2 * inputs))
    x *= rng.lognormal(0, 1, (inputs, 1))
    x += rng.standard_normal((inputs, 32)) @ rng.standard_normal((32, 2 * inputs))
    return weight, x @ x.T / (2 * inputs)


def with_numpy(weight, moment, rank):
    values, vectors = np.linalg.eigh(moment)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    left, _, _ = np.linalg.svd(weight @ root, full_matrices=False)
    left = left[:, :rank]
    return left, left.T @ weight


def activation_error(weight, left, right, moment):
    difference = weight - left @ right
    return np.sqrt(np.sum(difference @ moment * difference) / np.sum(weight @ moment * weight))


def measure(binary, outputs, inputs, repeats, clock, folder):
    weight, moment = make(outputs, inputs)
    rank = int(0.7 * outputs * inputs / (outputs + inputs)) // 8 * 8
    problem, result = folder / "problem", folder / "result"
    with open(problem, "wb") as file:
        weight.tofile(file)
        moment.tofile(file)
    seconds = []
    for _ in range(repeats):
        start = CLOCKS[clock]()
        left, right = with_numpy(weight, moment, rank)
        seconds.append(CLOCKS[clock]() - start)
    reference = activation_error(weight, left, right, moment)
    sizes = [str(n) for n in (outputs, inputs, rank, repeats)]
    line = subprocess.run([binary, problem, *sizes, result], check=True, capture_output=True, text=True).stdout
    wall, processor, reported = (float(word) for word in line.split())
    own = wall if clock == "wall" else processor
    factors = np.fromfile(result)
    error = activation_error(
        weight, factors[: outputs * rank].reshape(outputs, rank), factors[outputs * rank :].reshape(rank, inputs), moment
    )
    assert abs(reported - error) <= 1e-6 * error, (reported, error)
    print(
        f"| {inputs} → {outputs} | {rank} | {min(seconds):.3f} | {own:.3f} | {min(seconds) / own:.1f}× "
        f"| {error:.6f} | {error / reference - 1:+.1e} |",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--clock", choices=CLOCKS, default="wall")
    parser.add_argument("--only", type=int, nargs="*", help="indices into the list of shapes")
    options = parser.parse_args()
    print(f"{options.clock} seconds, threads: {os.environ.get('OPENBLAS_NUM_THREADS', 'all')}, numpy {np.__version__}")
    print("| in → out | rank | numpy s | slin s | faster | error | above numpy's |")
    print("|---|---|---|---|---|---|---|")
    for index, (outputs, inputs) in enumerate(SHAPES):
        if options.only is None or index in options.only:
            with tempfile.TemporaryDirectory() as folder:
                measure(options.binary, outputs, inputs, options.repeats, options.clock, pathlib.Path(folder))


if __name__ == "__main__":
    main()
