//===- Factorizer.cpp - What a structure brings to slin-factorize ---------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The registry of structures.
//
//===----------------------------------------------------------------------===//

#include "Factorizer.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace slin;

namespace {
/// A structure under one of its names.
struct Registration {
  llvm::StringLiteral name;
  const Factorizer &(*get)();
  bool isAlias = false;
};
} // namespace

static const Registration registrations[] = {
    {"low_rank", getLowRankFactorizer},
    {"block_diagonal", getBlockDiagonalFactorizer},
    {"block_dense", getBlockDenseFactorizer},
    {"block_shuffle", getBlockShuffleFactorizer},
    {"monarch", getBlockShuffleFactorizer, /*isAlias=*/true},
};

FailureOr<const Factorizer *> slin::getFactorizer(StringRef name,
                                                  std::string &reason) {
  SmallVector<StringRef> names;
  for (const Registration &registration : registrations) {
    if (registration.name == name)
      return &registration.get();
    if (!registration.isAlias)
      names.push_back(registration.name);
  }
  reason = "expected a structure of " + llvm::join(names, ", ") + ", found '" +
           name.str() + "'";
  return failure();
}

Factor::Factor(StringRef name, const factorization::Matrix &matrix)
    : name(name), shape{matrix.rows(), matrix.cols()},
      values(matrix.data(), matrix.data() + matrix.size()) {}

Factor::Factor(StringRef name, const std::vector<factorization::Matrix> &blocks)
    : name(name), shape{int64_t(blocks.size()), blocks.front().rows(),
                        blocks.front().cols()} {
  values.reserve(shape[0] * shape[1] * shape[2]);
  for (const factorization::Matrix &block : blocks)
    values.insert(values.end(), block.data(), block.data() + block.size());
}
