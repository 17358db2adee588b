//===- PendingFile.h - Files that appear when they are whole ----*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A file is written beside its place and renamed, so that an error leaves what
// was there. llvm::writeToOutput does the same, but takes the place of devices:
// as root, `-o /dev/null` would make a file of it.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_WEIGHTS_PENDINGFILE_H
#define SLIN_WEIGHTS_PENDINGFILE_H

#include "mlir/Support/LLVM.h"

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/raw_ostream.h"

#include <string>

namespace slin::weights {

class PendingFile {
public:
  /// Whether `path` is a pipe or device, which cannot be replaced.
  static bool isDevice(llvm::StringRef path);

  /// Links are followed. A pipe or device is written as it stands.
  explicit PendingFile(llvm::StringRef path);
  /// Removes what was written, unless it was kept.
  ~PendingFile();
  PendingFile(const PendingFile &) = delete;
  PendingFile &operator=(const PendingFile &) = delete;

  /// Fails, with a reason, where the file cannot be written or `write` has put
  /// one there.
  mlir::LogicalResult fill(llvm::function_ref<void(llvm::raw_ostream &)> write,
                           std::string &reason);
  /// Puts it in place.
  mlir::LogicalResult keep(std::string &reason);

private:
  mlir::LogicalResult fail(std::error_code code, std::string &reason);

  std::string path, place, temporary;
  bool inPlace, isKept = false;
};

} // namespace slin::weights

#endif // SLIN_WEIGHTS_PENDINGFILE_H
