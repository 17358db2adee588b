//===- Partition.h - Which hidden features go together ----------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A plan for cutting networks: slices of as equal a size as can be, or lists of
// indices by the paths of the networks, as clustering gives them.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_DIALECT_ONNX_TRANSFORMS_PARTITION_H
#define SLIN_LIB_DIALECT_ONNX_TRANSFORMS_PARTITION_H

#include "slin/Dialect/ONNX/Analysis/FFNAnalysis.h"

#include "llvm/ADT/MapVector.h"

#include <map>

namespace slin::onnx {

class Partition {
public:
  using Parts = std::vector<std::vector<int64_t>>;

  /// `count` slices of every network.
  static mlir::FailureOr<Partition> contiguous(int64_t count,
                                               std::string &reason);
  /// The lists of a JSON file, `{"path": [[0, 2], [1, 3]]}`. `count` must be 0:
  /// the file says how many there are.
  static mlir::FailureOr<Partition> read(llvm::StringRef file, int64_t count,
                                         std::string &reason);

  /// Whether every path is one of these networks and every list a partition of
  /// its hidden features; the reason names file, path, expected and found.
  mlir::LogicalResult checkAgainst(llvm::ArrayRef<FFN> networks,
                                   std::string &reason) const;
  /// The parts of a network; nothing if it is to stay whole.
  std::optional<Parts> of(const FFN &network) const;

private:
  int64_t count = 0;
  std::string file;
  std::map<std::string, Parts> listed;
};

} // namespace slin::onnx

#endif // SLIN_LIB_DIALECT_ONNX_TRANSFORMS_PARTITION_H
