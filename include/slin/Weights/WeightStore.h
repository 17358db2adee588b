//===- WeightStore.h - Mapped files of weights ------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The files weights lie in, each mapped once and on demand, and the new weights
// that passes make. A 10 GB model costs no memory until somebody asks for
// numbers, and then only pages that the system may take back.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_WEIGHTS_WEIGHTSTORE_H
#define SLIN_WEIGHTS_WEIGHTSTORE_H

#include "mlir/Support/LLVM.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace slin::weights {

/// Path → mapping, and new weights by content. All methods may be called from
/// several threads. Bytes that were handed out stay valid as long as the store.
class WeightStore {
public:
  WeightStore();
  ~WeightStore();

  /// Files are looked for in these folders after the model's own, in order.
  void addFolder(llvm::StringRef folder);

  /// `length` bytes at `offset` of `file`, looked for relative to `base`, then
  /// in the folders. Fails with a reason that names file, offset and what was
  /// found. `hash` is compared where it is not 0.
  mlir::FailureOr<llvm::ArrayRef<char>>
  read(llvm::StringRef base, llvm::StringRef file, uint64_t offset,
       uint64_t length, uint64_t hash, std::string &reason);

  /// Lets the system take the pages of mapped `bytes` back when the last copy
  /// of what is returned goes, so that walking through a large model does not
  /// fill the memory. The bytes stay valid, and are read again when needed.
  static std::shared_ptr<const void>
  releaseAfterUse(llvm::ArrayRef<char> bytes);

  /// The path at which `file` is found, or nothing.
  std::optional<std::string> find(llvm::StringRef base, llvm::StringRef file);

  /// A weight that no file holds yet.
  struct NewWeight {
    std::string name;
    uint64_t length;
    uint64_t hash;
  };

  /// Keeps a copy of `bytes` in an unlinked temporary file, under a name made
  /// from their hash; equal bytes are kept once.
  mlir::FailureOr<NewWeight> add(llvm::ArrayRef<char> bytes,
                                 std::string &reason);

  /// Whether `file` is the name of a new weight rather than of a file.
  static bool isNew(llvm::StringRef file);

private:
  struct Mapping;
  struct TemporaryFile;
  Mapping *map(llvm::StringRef path, std::string &reason);

  std::mutex mutex;
  std::vector<std::string> folders;
  llvm::StringMap<std::unique_ptr<Mapping>> mappings;
  llvm::StringMap<std::unique_ptr<Mapping>> newWeights;
  /// Mappings of files that changed while they were in use.
  std::vector<std::unique_ptr<Mapping>> retired;
  std::unique_ptr<TemporaryFile> temporary;
};

} // namespace slin::weights

#endif // SLIN_WEIGHTS_WEIGHTSTORE_H
