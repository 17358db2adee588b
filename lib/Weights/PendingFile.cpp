//===- PendingFile.cpp - Files that appear when they are whole ------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Behind everything that slin writes: models, weights, GPU code.
//
//===----------------------------------------------------------------------===//

#include "slin/Weights/PendingFile.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"

using namespace mlir;
using namespace slin::weights;
namespace fs = llvm::sys::fs;

bool PendingFile::isDevice(StringRef path) {
  fs::file_status status;
  return !fs::status(path, status) && fs::is_other(status);
}

PendingFile::PendingFile(StringRef path)
    : path(path.str()), place(path.str()), inPlace(isDevice(path)) {
  llvm::SmallString<128> target;
  if (fs::is_symlink_file(path) && !fs::real_path(path, target))
    place = target.str();
  temporary = inPlace ? place : place + ".slin-partial";
}

PendingFile::~PendingFile() {
  if (!isKept && !inPlace)
    fs::remove(temporary);
}

LogicalResult PendingFile::fail(std::error_code code, std::string &reason) {
  reason = "cannot write '" + path + "': " + code.message();
  return failure();
}

LogicalResult
PendingFile::fill(llvm::function_ref<void(llvm::raw_ostream &)> write,
                  std::string &reason) {
  std::error_code code;
  llvm::raw_fd_ostream os(temporary, code);
  if (code)
    return fail(code, reason);
  write(os);
  os.close();
  code = os.error();
  os.clear_error();
  if (!reason.empty())
    return failure();
  return code ? fail(code, reason) : success();
}

LogicalResult PendingFile::keep(std::string &reason) {
  if (!inPlace)
    if (std::error_code code = fs::rename(temporary, place))
      return fail(code, reason);
  isKept = true;
  return success();
}
