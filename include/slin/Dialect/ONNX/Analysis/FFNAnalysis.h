//===- FFNAnalysis.h - Feed-forward networks in a model ---------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Answers which nodes of a model are feed-forward networks: cones from a linear
// through pointwise nodes, and a product of two of them where it is gated, to a
// linear that returns to the first one's input width. It changes nothing, and
// says of every linear with constant weights that is not taken why it is not.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_ONNX_ANALYSIS_FFNANALYSIS_H
#define SLIN_DIALECT_ONNX_ANALYSIS_FFNANALYSIS_H

#include "slin/Term/Term.h"

#include "mlir/IR/Operation.h"
#include "mlir/IR/Value.h"

#include "llvm/ADT/SmallVector.h"

#include <optional>
#include <string>
#include <vector>

namespace slin::onnx {

/// The bias of some of a linear's features, one part behind the other.
struct BiasPart {
  /// As the weight; null where these features have none.
  mlir::Value value;
  double scale = 1.0;
  int64_t size = 0;
};

/// `output = scale · W · input + biasScale · bias`, W `[out, in]`, over the
/// last axis of `input`.
struct Linear {
  /// The node that contracts (MatMul, Gemm, …); messages point here.
  mlir::Operation *node = nullptr;
  mlir::Value input, output;
  /// The weight as the model stores it: the result of an op with
  /// WeightOpInterface. `transposed` if it is stored `[in, out]`.
  mlir::Value weight;
  bool transposed = false;
  /// A linear that is made of several contractions, of blocks, or of a weight
  /// that is computed: its term, whose leaf i is `weights[i]`. `weight` is then
  /// the first of them. A leaf may be a constant that the graph computes, for
  /// evaluateConstant.
  std::optional<term::Term> term;
  llvm::SmallVector<mlir::Value> weights;
  double scale = 1.0;
  /// As the weight; null without a bias. Its elements are `out` or one.
  mlir::Value bias;
  double biasScale = 1.0;
  /// Of linears whose results stand one behind the other: the biases of all,
  /// `bias` being the first of them. Empty where there is at most one.
  llvm::SmallVector<BiasPart, 0> biasParts;
  int64_t in = 0, out = 0;
  /// The element type of the result (that of the weight unless a Cast says
  /// otherwise).
  mlir::Type elementType;
  /// The nodes that belong to the linear alone, in the order of the block:
  /// those on the way from the weight and the bias that nothing else uses, the
  /// contraction, the addition of the bias. The last one gives `output`.
  llvm::SmallVector<mlir::Operation *> nodes;
  /// The nodes of which each would be a linear of its own, where several were
  /// joined to this one; `node` is the first of them.
  llvm::SmallVector<mlir::Operation *, 0> contractions;
  /// `up`, `gate` or `down`; empty outside of FFNs.
  llvm::StringRef role;
  /// The node's path in the model: the key of plans and reports.
  std::string path;
};

/// The pointwise nodes between two linears.
struct Activation {
  /// As `ActivationView` names it: `relu`, `gelu`, `gelu_tanh`, `silu`, …, or
  /// `pointwise` for a function without a name.
  std::string name;
  /// The slope of `leaky_relu`, the scale of `elu`; 0 for other functions.
  double parameter = 0.0;
  /// The outputs of the linears, the gate's first.
  llvm::SmallVector<mlir::Value> inputs;
  mlir::Value output;
  llvm::SmallVector<mlir::Operation *> nodes;
};

struct FFN {
  enum class Kind { Plain, Gated, MLPLike };
  Kind kind = Kind::Plain;
  /// In the order of the block; the last one is the down projection.
  std::vector<Linear> linears;
  /// Everything between the linears, the gate's product included.
  Activation activation;
  /// The longest common prefix of its linears' paths, or the first one's path.
  std::string path;
  /// The function the FFN stands in.
  std::string graph;
  bool rewritable = true;
  /// Why it is not rewritable, or is only like an FFN.
  std::string reason;
};

/// A linear that is part of no rewritable FFN.
struct Declined {
  /// Where the match broke.
  mlir::Operation *node = nullptr;
  std::string path;
  std::string reason;
  /// What a user can do about it; may be empty.
  std::string hint;
};

/// The FFNs of a module, in the order of its functions and blocks.
class FFNAnalysis {
public:
  explicit FFNAnalysis(mlir::Operation *module);

  llvm::ArrayRef<FFN> getFFNs() const { return ffns; }
  llvm::ArrayRef<Declined> getDeclined() const { return declined; }

private:
  std::vector<FFN> ffns;
  std::vector<Declined> declined;
};

} // namespace slin::onnx

#endif // SLIN_DIALECT_ONNX_ANALYSIS_FFNANALYSIS_H
