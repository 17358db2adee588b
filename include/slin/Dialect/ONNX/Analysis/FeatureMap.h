//===- FeatureMap.h - Nodes that map features affinely ----------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Beside its linears, a model maps the features of each token by many nodes
// that hold no matrix: batch norms with fixed statistics, products and sums
// with constants, slices, joins and permutations of features, choices between
// two values by a constant mask, residual additions. All of them are
//
//     output = Σ term_i · input_i + bias
//
// over the last axis, with terms of diagonals, selections and permutations.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_ONNX_ANALYSIS_FEATUREMAP_H
#define SLIN_DIALECT_ONNX_ANALYSIS_FEATUREMAP_H

#include "slin/Dialect/ONNX/Analysis/FFNAnalysis.h"

namespace slin::onnx {

struct FeatureMap {
  struct Part {
    mlir::Value input;
    term::Term term;
  };
  /// The node that maps; messages point here.
  mlir::Operation *node = nullptr;
  llvm::SmallVector<Part, 2> parts;
  /// The numbers of leaf i of the parts' terms.
  std::vector<std::vector<double>> vectors;
  /// One number per output feature, or none.
  std::vector<double> bias;
  mlir::Value output;
  int64_t out = 0;
  mlir::FloatType elementType;
  /// The node and shape nodes around it, in the order of the block; empty where
  /// the node has further results that are maps of their own (Split).
  llvm::SmallVector<mlir::Operation *> nodes;
};

/// The maps that `node` is, one per result. None where it is none; `reason`
/// then says why, if it came close.
llvm::SmallVector<FeatureMap, 1> findFeatureMaps(mlir::Operation *node,
                                                 std::string &reason);

/// Whether `node` chooses, places or scales features by constants that differ
/// from feature to feature, so that it is no part of an activation.
bool differsByFeature(mlir::Operation *node);

/// Functions of one value, element by element, between other nodes: as long
/// ones as have a name (`gelu`), else whole pointwise parts that are not
/// affine. Nodes for which `isTaken` are none of theirs.
std::vector<Activation>
findActivations(mlir::Block &block,
                llvm::function_ref<bool(mlir::Operation *)> isTaken);

/// The numbers of a constant for each of `features` features on the axis
/// `fromRight` of `data` (1 is the last one), where all other axes agree and
/// broadcasting gives `data` no further tokens.
std::optional<std::vector<double>> featureNumbers(mlir::Value constant,
                                                  mlir::Value data,
                                                  int64_t features,
                                                  int64_t fromRight = 1);

/// The element type of a value, also where the model records none; null if it
/// cannot be told.
mlir::Type elementTypeOf(mlir::Value value);

/// Every linear of the block, as FFNAnalysis sees them.
std::vector<Linear> findLinears(mlir::Block &block);

/// The linears of the module whose operator is no plain matrix: factors, blocks
/// or weights that are computed. Those with a node that `isTaken` are left out.
std::vector<Linear>
findStructuredLinears(mlir::Operation *module,
                      llvm::function_ref<bool(mlir::Operation *)> isTaken);

} // namespace slin::onnx

#endif // SLIN_DIALECT_ONNX_ANALYSIS_FEATUREMAP_H
