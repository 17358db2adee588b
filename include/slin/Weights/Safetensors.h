//===- Safetensors.h - Tensors of a safetensors file ------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A reader for statistics: the header is parsed once, numbers are read from the
// mapped file when they are asked for, so that a file of many gigabytes costs
// the memory of one tensor.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_WEIGHTS_SAFETENSORS_H
#define SLIN_WEIGHTS_SAFETENSORS_H

#include "mlir/Support/LLVM.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/MemoryBuffer.h"

#include <memory>
#include <string>
#include <vector>

namespace llvm::json {
class Object;
} // namespace llvm::json

namespace slin::weights {

/// A mapped safetensors file: 8 bytes with the length of a JSON header, the
/// header, the bytes of the tensors.
class SafetensorsFile {
public:
  /// Maps `path` and checks its header: every tensor lies within the file and
  /// has the bytes that its type and shape need. Fails with a reason that names
  /// file, tensor, what was expected and what was found.
  static mlir::FailureOr<SafetensorsFile> open(llvm::StringRef path,
                                               std::string &reason);

  llvm::StringRef getPath() const { return path; }

  bool contains(llvm::StringRef key) const { return tensors.contains(key); }

  /// The bytes of the F64 tensor `key` of shape `shape`, little-endian and not
  /// aligned, valid as long as the file. Fails with a reason as above.
  mlir::FailureOr<llvm::ArrayRef<char>>
  getDoubles(llvm::StringRef key, llvm::ArrayRef<int64_t> shape,
             std::string &reason) const;

  /// Gives pages that were read back to the system; they are read again when
  /// asked for.
  void releasePages() const { buffer->dontNeedIfMmap(); }

private:
  struct Tensor {
    std::string type;
    std::vector<int64_t> shape;
    llvm::ArrayRef<char> bytes;
  };
  mlir::LogicalResult parse(std::string &reason);
  static mlir::FailureOr<Tensor> parseTensor(const llvm::json::Object *entry,
                                             llvm::StringRef data,
                                             std::string &reason);

  std::string path;
  std::unique_ptr<llvm::MemoryBuffer> buffer;
  llvm::StringMap<Tensor> tensors;
};

} // namespace slin::weights

#endif // SLIN_WEIGHTS_SAFETENSORS_H
