//===- ChannelRegions.h - Nodes that act on each pixel alone ----*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Image models have their features on axis 1. Between 1x1 convolutions stand
// nodes that compute every pixel from the same pixel; they mean the same where
// the channels are the last axis.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_DIALECT_ONNX_TRANSFORMS_CHANNELREGIONS_H
#define SLIN_LIB_DIALECT_ONNX_TRANSFORMS_CHANNELREGIONS_H

#include "slin/Dialect/ONNX/IR/ONNXOps.h"

#include "mlir/IR/Block.h"

#include <string>
#include <vector>

namespace slin::onnx {

/// Connected nodes of one block.
struct ChannelRegion {
  /// Of all its values: [batch, channels, …].
  int64_t rank = 0;
  /// In the order of the block.
  llvm::SmallVector<mlir::Operation *> nodes;
};

/// A 1x1 convolution that is part of no region, and why.
struct DeclinedConvolution {
  mlir::Operation *node = nullptr;
  std::string reason;
};

/// The regions with two 1x1 convolutions at least.
std::vector<ChannelRegion>
findChannelRegions(mlir::Block &block,
                   std::vector<DeclinedConvolution> &declined);

/// What an operand of a node of a region is.
enum class ChannelOperand {
  /// A value with channels on axis 1.
  Data,
  /// A constant of several elements that is broadcast with such values.
  Constant,
  /// What means the same wherever the channels are: scalars, indices, the
  /// parameters of a BatchNormalization.
  Fixed,
};
ChannelOperand channelOperand(mlir::Operation *node, unsigned index);

} // namespace slin::onnx

#endif // SLIN_LIB_DIALECT_ONNX_TRANSFORMS_CHANNELREGIONS_H
