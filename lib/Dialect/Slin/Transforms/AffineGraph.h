//===- AffineGraph.h - Values as affine functions of others -----*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Through `slin.apply` and `slin.add` a value is
//
//     Σ term_i · source_i + Σ term_j · bias_j
//
// of values further up: of as far up as one likes. This reads the ops of one
// block and gives that form, stopping where it is told to.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_DIALECT_SLIN_TRANSFORMS_AFFINEGRAPH_H
#define SLIN_LIB_DIALECT_SLIN_TRANSFORMS_AFFINEGRAPH_H

#include "WeightNumbers.h"

#include "slin/Dialect/Slin/IR/SlinOps.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace slin {

struct AffineForm {
  struct Summand {
    mlir::Value source;
    term::Term term;
  };
  /// `term` of a bias; the vector has one element or as many as it has columns.
  struct Bias {
    mlir::Value vector;
    term::Term term;
  };
  /// Each source once, in the order in which they were met.
  llvm::SmallVector<Summand, 2> summands;
  llvm::SmallVector<Bias, 2> biases;
  /// The ops that it stands for, the outermost first.
  llvm::SmallVector<mlir::Operation *, 4> members;
};

class AffineGraph {
public:
  explicit AffineGraph(mlir::Block &block);

  /// Whether the value is made by an op that a form looks through.
  bool isAffine(mlir::Value value) const {
    return affine.contains(value.getDefiningOp());
  }
  /// The activation of one value that makes `value`; null if there is none.
  ActivationOp activationOf(mlir::Value value) const;

  /// Why a linear of the block is none that a form looks through; empty for
  /// those that are.
  llvm::StringRef reasonAgainst(ApplyOp apply) const {
    auto it = reasons.find(apply);
    return it == reasons.end() ? llvm::StringRef() : it->second;
  }

  /// The ops of the graph, in the order of the block.
  llvm::ArrayRef<mlir::Operation *> getOps() const { return ops; }

  /// Readers of `value` in the graph, one entry per use.
  llvm::ArrayRef<mlir::Operation *> readersOf(mlir::Value value) const;
  /// Whether anything but ops of the graph needs the value.
  bool isReadElsewhere(mlir::Value value) const {
    return readElsewhere.contains(value);
  }

  /// The form of an affine value, through all of its operands for which
  /// `isOpen`. Nothing where it would be too large.
  std::optional<AffineForm>
  expand(mlir::Value value, llvm::function_ref<bool(mlir::Value)> isOpen) const;

  /// Whether a sum with `others` has the axes that it has with `value` as well:
  /// broadcasting aside, a summand of zeros may be left out.
  bool bringsNoAxes(mlir::Value value,
                    llvm::ArrayRef<mlir::Value> others) const;

  /// The operator of an affine op; the identity for a sum.
  const term::Term &operatorOf(mlir::Operation *op) const {
    return operators.at(op);
  }

  /// The ops of the block that nothing needs but the model's own nodes inside
  /// of linears and sums.
  bool servesSources(mlir::Operation *op) const {
    return sourcesAlone.lookup(op);
  }

  mlir::Block &getBlock() const { return block; }

  /// The weight behind leaf `id` of the terms.
  mlir::Value leaf(unsigned id) const { return terms.getLeaves()[id]; }

private:
  bool readApply(ApplyOp apply, std::string &reason);
  void readUses(mlir::Value value);
  void findRoots(mlir::Value value, llvm::DenseSet<mlir::Value> &seen,
                 llvm::SmallVectorImpl<mlir::Value> &roots) const;
  bool servesSourcesAlone(mlir::Operation *op);

  mlir::Block &block;
  TermBuilder terms{/*tokens=*/1};
  llvm::SmallVector<mlir::Operation *> ops;
  llvm::DenseMap<mlir::Operation *, term::Term> operators;
  llvm::DenseMap<mlir::Operation *, std::string> reasons;
  llvm::DenseSet<mlir::Operation *> affine, activations;
  llvm::DenseMap<mlir::Value, llvm::SmallVector<mlir::Operation *, 2>> readers;
  llvm::DenseSet<mlir::Value> readElsewhere;
  llvm::DenseMap<mlir::Operation *, bool> sourcesAlone;
};

} // namespace slin

#endif // SLIN_LIB_DIALECT_SLIN_TRANSFORMS_AFFINEGRAPH_H
