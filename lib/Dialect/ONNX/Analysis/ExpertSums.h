//===- ExpertSums.h - From a sum to its experts -----------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reads one node as a sum of experts, in any of the spellings (ExpertSums.cpp,
// ExpertNetworks.cpp), and asks what rewrites need of it
// (ExpertConditions.cpp).
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_DIALECT_ONNX_ANALYSIS_EXPERTSUMS_H
#define SLIN_LIB_DIALECT_ONNX_ANALYSIS_EXPERTSUMS_H

#include "ExpertLinears.h"

#include "slin/Dialect/ONNX/Analysis/ExpertAnalysis.h"

#include "llvm/ADT/SetVector.h"

namespace slin::onnx {

class ExpertSumReader {
public:
  explicit ExpertSumReader(mlir::Operation *root);

  /// Whether it is a sum of at least two experts.
  explicit operator bool() const { return found; }
  const ExpertSum &getSum() const { return sum; }
  /// The Adds below the root that belong to the sum.
  bool owns(mlir::Operation *node) const { return owned.contains(node); }

  /// Why not, where at least two of its summands are experts; empty otherwise.
  llvm::StringRef getReason() const { return reason; }
  mlir::Operation *getBreaker() const { return breaker; }

private:
  bool decline(mlir::Operation *at, const llvm::Twine &why);
  // The spellings.
  bool readAdds();
  bool readReduction();
  bool readEinsum();
  // Their parts.
  bool addExpert(mlir::Value value);
  bool addGated(mlir::Value value);
  bool addParts(mlir::Value stack, int64_t axis);
  bool addStacked(const ExpertProduct &down);
  std::optional<Expert> readExpert(const ExpertProduct &down,
                                   std::vector<ExpertProduct> &ups);
  bool findCone(mlir::Value hidden, ExpertLayout layout, Expert &expert,
                std::vector<ExpertProduct> &ups);
  bool setInput(const ExpertProduct &up);
  bool setTokens(std::optional<int64_t> rank);
  // What must hold of all of them.
  bool checkEqual();
  bool checkTokens(mlir::Value scores);
  bool checkChoices();
  bool checkGate(mlir::Value gate, const GateView &view);
  bool checkGates();
  bool checkOwned();

  ExpertSum sum;
  llvm::SetVector<mlir::Operation *> owned;
  bool found = false;
  std::string reason;
  mlir::Operation *breaker = nullptr;
};

} // namespace slin::onnx

#endif // SLIN_LIB_DIALECT_ONNX_ANALYSIS_EXPERTSUMS_H
