//===- ExternalData.cpp - Files of weights beside a model -----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A model is untrusted: it must not read files that are not its own. A location
// stays inside the model's folder, also after links are followed; what a hub
// cache does, where model and weights are links into one folder, is accepted.
//
//===----------------------------------------------------------------------===//

#include "ImportContext.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace slin::onnx;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

static std::string realPath(StringRef name) {
  SmallString<256> real;
  return fs::real_path(name.empty() ? "." : name, real) ? std::string()
                                                        : std::string(real);
}

static bool isInside(StringRef file, StringRef folder) {
  return !folder.empty() && file.starts_with(folder) &&
         (file.size() == folder.size() || folder.ends_with("/") ||
          file[folder.size()] == '/');
}

FailureOr<std::string> ExternalFiles::locate(StringRef location,
                                             std::string &reason) {
  if (location.empty() || location.contains('\0')) {
    reason = "its external data has no location";
    return failure();
  }
  if (path::is_absolute(location)) {
    reason = llvm::formatv(
        "external data at the absolute path '{0}' is refused: expected a path "
        "relative to the model",
        location);
    return failure();
  }
  if (llvm::is_contained(
          llvm::make_range(path::begin(location), path::end(location)), "..")) {
    reason = llvm::formatv(
        "external data at '{0}' is refused: expected a path without '..'",
        location);
    return failure();
  }
  SmallVector<std::string> folders{folder};
  folders.append(dataFolders.begin(), dataFolders.end());
  for (const std::string &candidate : folders) {
    SmallString<256> file(candidate);
    path::append(file, location);
    if (!fs::exists(file))
      continue;
    if (fs::is_directory(file)) {
      reason = llvm::formatv(
          "external data at '{0}' is a folder, expected a file", location);
      return failure();
    }
    std::string real = realPath(file);
    bool inside = isInside(real, realPath(folder)) ||
                  path::parent_path(real) == realModelFolder;
    for (const std::string &data : dataFolders)
      inside |= isInside(real, realPath(data));
    if (!inside) {
      reason = llvm::formatv("external data at '{0}' is refused: it is a link "
                             "to '{1}', outside the "
                             "model's folder; give --data-dir to allow it",
                             location, real);
      return failure();
    }
    return std::string(file);
  }
  reason = llvm::formatv(
      "the external data file '{0}' is missing: expected it in '{1}' or in a "
      "folder given by --data-dir",
      location, folder.empty() ? "." : folder);
  return failure();
}

FailureOr<uint64_t> ExternalFiles::sizeOf(StringRef location,
                                          std::string &reason) {
  auto known = sizes.find(location);
  if (known != sizes.end())
    return known->second;
  FailureOr<std::string> file = locate(location, reason);
  if (failed(file))
    return failure();
  uint64_t size;
  if (std::error_code code = fs::file_size(*file, size)) {
    reason = llvm::formatv("the external data file '{0}' cannot be read: {1}",
                           location, code.message());
    return failure();
  }
  sizes[location] = size;
  return size;
}

void ExternalFiles::take(StringRef location, uint64_t offset, uint64_t length,
                         StringRef tensor) {
  if (length)
    ranges[location].push_back({offset, length, tensor.str()});
}

std::optional<std::string> ExternalFiles::findOverlap() {
  for (auto &entry : ranges) {
    std::vector<Range> &taken = entry.second;
    llvm::sort(taken, [](const Range &a, const Range &b) {
      return std::tie(a.offset, a.length, a.tensor) <
             std::tie(b.offset, b.length, b.tensor);
    });
    for (size_t i = 1; i < taken.size(); ++i) {
      const Range &before = taken[i - 1], &after = taken[i];
      // Tied weights share all their bytes; anything less is a broken file.
      bool same =
          before.offset == after.offset && before.length == after.length;
      if (!same && before.offset + before.length > after.offset)
        return llvm::formatv("tensors '{0}' and '{1}' overlap in the external "
                             "data file '{2}': the first "
                             "takes bytes {3} to {4}, the second starts at {5}",
                             before.tensor, after.tensor, entry.first(),
                             before.offset, before.offset + before.length,
                             after.offset)
            .str();
    }
  }
  return std::nullopt;
}
