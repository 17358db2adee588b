//===- ExpertWriter.h - Experts as nodes ------------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Writes networks of the linears and the activation that an expert has, with
// weights of one's own or those it has in the model.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_DIALECT_ONNX_TRANSFORMS_EXPERTWRITER_H
#define SLIN_LIB_DIALECT_ONNX_TRANSFORMS_EXPERTWRITER_H

#include "NodeWriter.h"

#include "slin/Dialect/ONNX/Analysis/ExpertAnalysis.h"

namespace slin::onnx {

class ExpertWriter {
public:
  ExpertWriter(NodeWriter &nodes, const ExpertSum &sum)
      : nodes(nodes), sum(sum) {}

  /// Expert `index` of `rows` [n, in], as a value [n, out]: its own nodes where
  /// it has some. Null, with the reason, if a weight cannot be read.
  mlir::Value writeExpert(size_t index, mlir::Value rows, std::string &reason);

  /// All experts as one network of `input`; its weights are those of the
  /// experts side by side, byte for byte.
  mlir::Value writeWhole(mlir::Value input, std::string &reason);

  /// `experts` and what else the sum adds.
  mlir::Value addRest(mlir::Value experts);

private:
  mlir::Value copyExpert(const Expert &expert, mlir::Value rows);
  mlir::Value writeLinear(const ExpertLinear &linear, const llvm::Twine &name,
                          mlir::Value data, std::string &reason);
  mlir::Value writeActivation(const Expert &expert,
                              llvm::ArrayRef<mlir::Value> inputs);
  mlir::Value product(const llvm::Twine &name, mlir::Value data,
                      mlir::Value weight, mlir::Value bias);
  mlir::Value joinUp(size_t linear, const llvm::Twine &name, mlir::Value data,
                     std::string &reason);
  mlir::Value joinDown(mlir::Value data, std::string &reason);

  NodeWriter &nodes;
  const ExpertSum &sum;
};

} // namespace slin::onnx

#endif // SLIN_LIB_DIALECT_ONNX_TRANSFORMS_EXPERTWRITER_H
