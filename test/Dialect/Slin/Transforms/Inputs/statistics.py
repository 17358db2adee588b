# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes a file of statistics for tests.

    statistics.py FILE NAME:COUNT:MEAN,...:VARIANCE,... ...

The second moment of a tensor is diag(VARIANCE) + MEAN MEANᵀ. A name that ends in
`!KEY` lacks that key.
"""

import sys

import numpy
from safetensors.numpy import save_file

tensors = {}
for text in sys.argv[2:]:
    name, count, mean, variance = text.split(":")
    name, _, missing = name.partition("!")
    mean = numpy.array([float(x) for x in mean.split(",")])
    variance = numpy.array([float(x) for x in variance.split(",")])
    made = {
        "count": numpy.array([float(count)]),
        "mean": mean,
        "second_moment": numpy.diag(variance) + numpy.outer(mean, mean),
    }
    tensors.update({f"{name}/{key}": value for key, value in made.items() if key != missing})
save_file(tensors, sys.argv[1])
