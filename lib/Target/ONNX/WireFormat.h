//===- WireFormat.h - ONNX messages without their weights -------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A model whose weights are embedded is one protobuf message of up to 2 GB.
// Parsing it costs twice its size; here its wire format is scanned instead, and
// protobuf parses a skeleton in which each `raw_data` is replaced by a token
// that says where the bytes lie. Writing goes the same way back.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_TARGET_ONNX_WIREFORMAT_H
#define SLIN_LIB_TARGET_ONNX_WIREFORMAT_H

#include "mlir/Support/LLVM.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/raw_ostream.h"

#include <functional>
#include <string>

namespace slin::onnx {

/// The messages that lead to a tensor.
enum class Message {
  None,
  Model,
  Graph,
  Node,
  Attribute,
  Tensor,
  SparseTensor,
  Function,
  Training,
  RawData
};

/// What stands in a skeleton instead of `raw_data`.
struct Token {
  uint64_t offset;
  uint64_t length;
  std::string encode() const;
  static std::optional<Token> decode(llvm::StringRef bytes);
};

/// Nesting beyond which protobuf itself refuses to parse.
inline constexpr unsigned kMaximumDepth = 100;

/// The skeleton of a serialized message; `tokenOf` says what stands for which
/// bytes. Fails with a reason on bytes that are no protobuf message, and on
/// messages nested deeper than `kMaximumDepth`.
mlir::FailureOr<std::string>
makeSkeleton(llvm::StringRef bytes, Message kind,
             const std::function<Token(llvm::StringRef)> &tokenOf,
             std::string &reason);
/// What tokens stand for.
class TokenBytes {
public:
  virtual ~TokenBytes() = default;
  /// Whether the token was given out: sixteen bytes that only look like one are
  /// written as they stand.
  virtual bool holds(const Token &token) const = 0;
  /// Writes the bytes, as many as the token says.
  virtual void write(const Token &token, llvm::raw_ostream &os) const = 0;
};

/// The message of a skeleton, in memory.
std::string expand(llvm::StringRef skeleton, Message kind,
                   const TokenBytes &tokens);

/// Writes a model from its skeleton. The size of the whole message is
/// `sizeOfModel(skeleton, tokens)`.
void writeModel(llvm::StringRef skeleton, const TokenBytes &tokens,
                llvm::raw_ostream &os);
uint64_t sizeOfModel(llvm::StringRef skeleton, const TokenBytes &tokens);

} // namespace slin::onnx

#endif // SLIN_LIB_TARGET_ONNX_WIREFORMAT_H
