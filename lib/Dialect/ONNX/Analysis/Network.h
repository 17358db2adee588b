//===- Network.h - From a cone to a network ---------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a cone of linears is: a plain or gated network, something that only
// looks like one, or nothing, each with the reason.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_DIALECT_ONNX_ANALYSIS_NETWORK_H
#define SLIN_LIB_DIALECT_ONNX_ANALYSIS_NETWORK_H

#include "Cone.h"
#include "TokenFlow.h"

#include "slin/Dialect/ONNX/Analysis/FFNAnalysis.h"

namespace slin::onnx {

/// A cone that ends in a linear, and what it is.
struct Network {
  FFN ffn;
  Cone cone;
  size_t down = 0;
  /// Empty for a network that can be rewritten.
  Break obstacle;
  /// Whether the cone starts at linears that read the same value.
  bool joins = false;
  /// Whether there is a network at all, rewritable or not.
  bool exists = false;
};

/// Makes the networks of one block.
class NetworkBuilder {
public:
  NetworkBuilder(llvm::ArrayRef<Linear> linears,
                 const LinearsByOutput &byOutput, const TokenFlow &tokens,
                 std::string graph)
      : linears(linears), byOutput(byOutput), tokens(tokens),
        graph(std::move(graph)) {}

  /// The cone that ends in the linear of this index, and what it is.
  Network build(size_t down) const;

private:
  /// Whether the linears at the start of a cone can make one network.
  Break joinLeaves(const Network &network) const;
  /// Names the activation and the roles of the linears.
  Break nameActivation(Network &network) const;
  /// What makes a cone only like a network.
  Break findDecoy(const Network &network) const;

  llvm::ArrayRef<Linear> linears;
  const LinearsByOutput &byOutput;
  const TokenFlow &tokens;
  std::string graph;
};

} // namespace slin::onnx

#endif // SLIN_LIB_DIALECT_ONNX_ANALYSIS_NETWORK_H
