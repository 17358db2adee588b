//===- Statistics.cpp - What is known of the inputs of linears ------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The numbers of a file need not be aligned, so they are copied row by row.
//
//===----------------------------------------------------------------------===//

#include "Statistics.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>
#include <cstring>

using namespace mlir;
using namespace slin;
using factorization::Matrix;
using factorization::Vector;

static std::string keyOf(StringRef name, StringRef what) {
  return (name + "/" + what).str();
}

FailureOr<Statistics> Statistics::open(StringRef path, std::string &reason) {
  auto file = weights::SafetensorsFile::open(path, reason);
  if (failed(file))
    return failure();
  return Statistics(std::move(*file));
}

std::string Statistics::findMissing(StringRef input) const {
  for (StringRef what : {"mean", "second_moment", "count"})
    if (std::string key = keyOf(input, what); !file.contains(key))
      return key;
  return {};
}

FailureOr<double> Statistics::readCount(StringRef name,
                                        std::string &reason) const {
  std::string key = keyOf(name, "count");
  auto bytes = file.getDoubles(key, {1}, reason);
  if (failed(bytes))
    return failure();
  double count;
  std::memcpy(&count, bytes->data(), sizeof(count));
  if (count > 0 && std::isfinite(count))
    return count;
  reason = llvm::formatv("'{0}': '{1}': expected a positive count, found {2}",
                         file.getPath(), key, count);
  return failure();
}

/// sum += factor (C - mean mean^T), C the [n, n] numbers at `bytes`; no mean
/// where it is empty.
static void addMoment(Matrix &sum, const char *bytes, double factor,
                      const Vector &mean) {
  Vector row(sum.cols());
  for (factorization::Index i = 0; i < sum.rows(); ++i) {
    std::memcpy(row.data(), bytes + i * row.size() * sizeof(double),
                row.size() * sizeof(double));
    if (mean.size() != 0)
      row -= mean(i) * mean;
    sum.row(i) += factor * row.transpose();
  }
}

FailureOr<Moments> Statistics::read(ArrayRef<StringRef> names, int64_t inputs,
                                    bool centred, std::string &reason) const {
  Moments moments;
  std::vector<double> counts;
  double total = 0;
  for (StringRef name : names) {
    FailureOr<double> count = readCount(name, reason);
    if (failed(count))
      return failure();
    counts.push_back(*count);
    total += *count;
  }
  moments.moment = Matrix::Zero(inputs, inputs);
  for (auto [name, count] : llvm::zip(names, counts)) {
    auto mean = file.getDoubles(keyOf(name, "mean"), {inputs}, reason);
    if (failed(mean))
      return failure();
    auto moment =
        file.getDoubles(keyOf(name, "second_moment"), {inputs, inputs}, reason);
    if (failed(moment))
      return failure();
    Vector values(inputs);
    std::memcpy(values.data(), mean->data(), mean->size());
    addMoment(moments.moment, moment->data(), count / total,
              centred ? values : Vector());
    moments.means.push_back(std::move(values));
    file.releasePages();
  }
  return moments;
}
