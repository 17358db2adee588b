//===- NetworkConverter.h - A network as an entry ---------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Linears become block products by their terms, and what stands between them
// part of these.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_CONVERSION_SLINTOSLINGPU_NETWORKCONVERTER_H
#define SLIN_LIB_CONVERSION_SLINTOSLINGPU_NETWORKCONVERTER_H

#include "BlockProducts.h"

#include "slin/Dialect/Slin/IR/SlinOps.h"
#include "slin/Dialect/SlinGPU/IR/SlinGPUOps.h"

#include "mlir/IR/BuiltinOps.h"

#include <map>

namespace slin {

/// The numbers of weights, in f64, read once.
class Numbers {
public:
  mlir::FailureOr<llvm::ArrayRef<double>> get(mlir::Value weight,
                                              std::string &reason);

private:
  llvm::DenseMap<mlir::Value, std::vector<double>> known;
};

/// Writes the entry of one network.
class NetworkConverter {
public:
  NetworkConverter(FFNOp ffn, llvm::StringRef name, mlir::FloatType type,
                   Numbers &numbers)
      : ffn(ffn), name(name.str()), type(type), numbers(numbers),
        builder(ffn.getContext()) {}

  /// Fails with a reason where the network is none that kernels compute; what
  /// was written is then erased.
  mlir::FailureOr<slingpu::EntryOp> convert(mlir::ModuleOp module,
                                            std::string &reason);

private:
  mlir::LogicalResult convertBody(mlir::Block &plan, int64_t tokens,
                                  std::string &reason);
  mlir::LogicalResult convert(ApplyOp apply, int64_t tokens,
                              std::string &reason);
  mlir::LogicalResult convert(ActivationOp activation, std::string &reason);
  mlir::FailureOr<mlir::Value>
  makeBias(ApplyOp apply, const BlockProduct &product, std::string &reason);
  mlir::FailureOr<mlir::Value> makeWeight(const llvm::Twine &name,
                                          const BlockProduct &product,
                                          std::string &reason);
  mlir::Value makeWeight(const llvm::Twine &name, mlir::RankedTensorType type,
                         llvm::ArrayRef<char> bytes);
  mlir::RankedTensorType activations(int64_t features) {
    return mlir::RankedTensorType::get({mlir::ShapedType::kDynamic, features},
                                       type);
  }

  FFNOp ffn;
  std::string name;
  /// The result that the entry gives.
  unsigned output = 0;
  mlir::FloatType type;
  Numbers &numbers;
  mlir::OpBuilder builder;
  /// Weights stand in front of the entry.
  mlir::OpBuilder::InsertPoint weightPlace;
  std::vector<mlir::Operation *> weights;
  std::map<std::string, mlir::Value> made;
  llvm::DenseMap<mlir::Value, mlir::Value> values;
};

} // namespace slin

#endif // SLIN_LIB_CONVERSION_SLINTOSLINGPU_NETWORKCONVERTER_H
