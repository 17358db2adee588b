//===- NumpyArchive.h - Arrays of an .npz file ------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What numpy.savez and numpy.savez_compressed write: a ZIP archive of .npy
// files, which are a header in Python's syntax and the elements.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_TOOLS_SLIN_RUN_NUMPYARCHIVE_H
#define SLIN_TOOLS_SLIN_RUN_NUMPYARCHIVE_H

#include "slin/Evaluation/Tensor.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/Support/MemoryBuffer.h"

#include <memory>
#include <string>

namespace slin {

class NumpyArchive {
public:
  /// Maps `path` and reads its directory. Fails with a reason that names the
  /// file, what was expected and what was found.
  static mlir::FailureOr<NumpyArchive> open(llvm::StringRef path,
                                            std::string &reason);

  bool contains(llvm::StringRef array) const { return entries.contains(array); }
  /// The names of the arrays, sorted, as text.
  std::string listNames() const;

  /// The array of this name, of real numbers, integers or booleans, in
  /// row-major order.
  mlir::FailureOr<evaluation::Tensor> read(llvm::StringRef array,
                                           mlir::MLIRContext *context,
                                           std::string &reason) const;

private:
  /// One file of the archive.
  struct Entry {
    uint32_t offset, size, compressedSize, checksum;
    uint16_t method;
  };
  mlir::LogicalResult readDirectory(std::string &reason);
  mlir::FailureOr<std::vector<char>> extract(const Entry &entry,
                                             std::string &reason) const;

  std::string path;
  std::unique_ptr<llvm::MemoryBuffer> buffer;
  llvm::StringMap<Entry> entries;
};

} // namespace slin

#endif // SLIN_TOOLS_SLIN_RUN_NUMPYARCHIVE_H
