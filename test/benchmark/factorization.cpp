//===- factorization.cpp - Time of one calibrated low-rank job ------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// factorization-benchmark FILE OUT IN RANK REPEATS [RESULT]
// FILE holds W [OUT, IN] and C [IN, IN] as f64. Prints, over REPEATS runs of
// factorizeLowRank, the least seconds on the wall and of processor time, and
// the relative error of the activations; RESULT receives U and V. Driven by
// factorization.py.
//
//===----------------------------------------------------------------------===//

#include "slin/Factorization/Factorize.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>

using namespace slin::factorization;

static bool read(std::FILE *file, Matrix &M) {
  size_t count = M.size();
  return std::fread(M.data(), sizeof(double), count, file) == count;
}

static void write(const char *path, const LowRank &factors) {
  if (std::FILE *file = std::fopen(path, "wb")) {
    std::fwrite(factors.U.data(), sizeof(double), factors.U.size(), file);
    std::fwrite(factors.V.data(), sizeof(double), factors.V.size(), file);
    std::fclose(file);
  }
}

int main(int argc, char **argv) {
  if (argc < 6) {
    std::fprintf(stderr, "usage: %s file out in rank repeats [result]\n",
                 argv[0]);
    return 2;
  }
  Index outputs = std::atol(argv[2]), inputs = std::atol(argv[3]);
  Matrix W(outputs, inputs), C(inputs, inputs);
  std::FILE *file = std::fopen(argv[1], "rb");
  if (!file || !read(file, W) || !read(file, C)) {
    std::fprintf(stderr, "expected two f64 matrices in '%s'\n", argv[1]);
    return 1;
  }
  std::fclose(file);
  double least = 1e300, leastProcessor = 1e300, error = 0;
  for (int repeat = 0; repeat < std::atoi(argv[5]); ++repeat) {
    std::clock_t processor = std::clock();
    auto start = std::chrono::steady_clock::now();
    auto found = factorizeLowRank(W, std::atol(argv[4]), &C);
    std::chrono::duration<double> seconds =
        std::chrono::steady_clock::now() - start;
    processor = std::clock() - processor;
    if (!found) {
      std::fprintf(stderr, "%s\n", found.reason.c_str());
      return 1;
    }
    least = std::min(least, seconds.count());
    leastProcessor =
        std::min(leastProcessor, double(processor) / CLOCKS_PER_SEC);
    error = found.errors.activation;
    if (repeat == 0 && argc > 6)
      write(argv[6], *found);
  }
  std::printf("%.6f %.6f %.15g\n", least, leastProcessor, error);
  return 0;
}
