//===- WeightStore.cpp - Mapped files of weights --------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Mapping rather than reading, because an import must not cost what the weights
// weigh. The size of a file is looked at on every read: a file that was cut
// after it was mapped would otherwise end the process with a bus error.
//
//===----------------------------------------------------------------------===//

#include "slin/Weights/WeightStore.h"

#include "llvm/ADT/Twine.h"
#include "llvm/Support/Alignment.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/xxhash.h"

#include <cstring>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace slin::weights;
namespace fs = llvm::sys::fs;

static constexpr llvm::StringLiteral kNewPrefix = "slin:";

/// Bytes mapped for reading.
struct WeightStore::Mapping {
  ~Mapping() {
    if (data)
      munmap(data, size);
    if (descriptor >= 0)
      close(descriptor);
  }
  void *data = nullptr;
  uint64_t size = 0;
  int descriptor = -1;
  uint64_t hash = 0;
  int64_t modified = 0;
};

/// Where new weights live: a file that has no name any more, so that nothing is
/// left behind however the process ends.
struct WeightStore::TemporaryFile {
  ~TemporaryFile() {
    if (descriptor >= 0)
      close(descriptor);
  }
  int descriptor = -1;
  uint64_t size = 0;
};

WeightStore::WeightStore() = default;
WeightStore::~WeightStore() = default;

bool WeightStore::isNew(llvm::StringRef file) {
  return file.starts_with(kNewPrefix);
}

void WeightStore::addFolder(llvm::StringRef folder) {
  std::lock_guard<std::mutex> lock(mutex);
  if (!llvm::is_contained(folders, folder))
    folders.push_back(folder.str());
}

std::optional<std::string> WeightStore::find(llvm::StringRef base,
                                             llvm::StringRef file) {
  llvm::SmallString<256> path;
  auto exists = [&](llvm::StringRef folder) {
    path = folder;
    llvm::sys::path::append(path, file);
    return fs::exists(path) && !fs::is_directory(path);
  };
  if (exists(base))
    return std::string(path);
  std::lock_guard<std::mutex> lock(mutex);
  for (llvm::StringRef folder : folders)
    if (exists(folder))
      return std::string(path);
  return std::nullopt;
}

WeightStore::Mapping *WeightStore::map(llvm::StringRef path,
                                       std::string &reason) {
  std::lock_guard<std::mutex> lock(mutex);
  struct stat status;
  std::string name = path.str();
  if (stat(name.c_str(), &status) != 0) {
    reason = llvm::formatv("cannot read '{0}': {1}", path, strerror(errno));
    return nullptr;
  }
  // A pipe would be waited for, and has no bytes to map.
  if (!S_ISREG(status.st_mode)) {
    reason = llvm::formatv("cannot read '{0}': it is no regular file", path);
    return nullptr;
  }
  int64_t modified = status.st_mtim.tv_sec * 1000000000 + status.st_mtim.tv_nsec;
  std::unique_ptr<Mapping> &entry = mappings[path];
  if (entry && entry->size == uint64_t(status.st_size) &&
      entry->modified == modified)
    return entry.get();
  auto mapping = std::make_unique<Mapping>();
  mapping->descriptor = open(name.c_str(), O_RDONLY | O_CLOEXEC);
  mapping->size = status.st_size;
  mapping->modified = modified;
  if (mapping->descriptor >= 0 && mapping->size > 0) {
    void *data = mmap(nullptr, mapping->size, PROT_READ, MAP_SHARED,
                      mapping->descriptor, 0);
    if (data != MAP_FAILED)
      mapping->data = data;
  }
  if (mapping->descriptor < 0 || (mapping->size > 0 && !mapping->data)) {
    reason = llvm::formatv("cannot read '{0}': {1}", path, strerror(errno));
    return nullptr;
  }
  if (entry)
    retired.push_back(std::move(entry));
  entry = std::move(mapping);
  return entry.get();
}

mlir::FailureOr<llvm::ArrayRef<char>>
WeightStore::read(llvm::StringRef base, llvm::StringRef file, uint64_t offset,
                  uint64_t length, uint64_t hash, std::string &reason) {
  Mapping *mapping = nullptr;
  if (isNew(file)) {
    std::lock_guard<std::mutex> lock(mutex);
    auto it = newWeights.find(file);
    if (it == newWeights.end()) {
      reason = llvm::formatv("the new weight '{0}' was made by another process "
                             "and not saved: give --data-file where the text "
                             "was written", file);
      return mlir::failure();
    }
    mapping = it->second.get();
  } else {
    std::optional<std::string> path = find(base, file);
    if (!path) {
      reason = llvm::formatv("the weights file '{0}' is not in '{1}' and not in "
                             "any folder given by --data-dir", file,
                             base.empty() ? "." : base);
      return mlir::failure();
    }
    mapping = map(*path, reason);
    if (!mapping)
      return mlir::failure();
  }
  if (offset > mapping->size || length > mapping->size - offset) {
    reason = llvm::formatv("the weights file '{0}' is too short: expected {1} "
                           "bytes at offset {2}, found a file of {3} bytes",
                           file, length, offset, mapping->size);
    return mlir::failure();
  }
  llvm::ArrayRef<char> bytes(static_cast<const char *>(mapping->data) + offset,
                             length);
  if (hash && llvm::xxh3_64bits(llvm::StringRef(bytes.data(), bytes.size())) != hash) {
    reason = llvm::formatv("the weights file '{0}' is not the one that was "
                           "imported: expected hash {1:x} of {2} bytes at offset "
                           "{3}, found {4:x}", file, hash, length, offset,
                           llvm::xxh3_64bits(llvm::StringRef(bytes.data(), bytes.size())));
    return mlir::failure();
  }
  return bytes;
}

std::shared_ptr<const void>
WeightStore::releaseAfterUse(llvm::ArrayRef<char> bytes) {
  // Small tensors are not worth the calls: their pages are read again soon.
  constexpr uint64_t kSmallest = 1 << 20;
  if (bytes.size() < kSmallest)
    return nullptr;
  return std::shared_ptr<const void>(bytes.data(), [bytes](const void *) {
    uint64_t page = llvm::sys::Process::getPageSizeEstimate();
    uint64_t begin = llvm::alignTo(uint64_t(bytes.data()), page);
    uint64_t end = llvm::alignDown(uint64_t(bytes.data() + bytes.size()), page);
    // The mappings are shared ones of files: nothing is lost.
    madvise(reinterpret_cast<void *>(begin), end - begin, MADV_DONTNEED);
  });
}

mlir::FailureOr<WeightStore::NewWeight>
WeightStore::add(llvm::ArrayRef<char> bytes, std::string &reason) {
  uint64_t hash = llvm::xxh3_64bits(llvm::StringRef(bytes.data(), bytes.size()));
  hash = hash ? hash : 1;
  NewWeight weight{(kNewPrefix + llvm::formatv("{0:x-16}", hash)).str(),
                   bytes.size(), hash};
  std::lock_guard<std::mutex> lock(mutex);
  std::unique_ptr<Mapping> &entry = newWeights[weight.name];
  if (entry)
    return weight;
  auto failed = [&](llvm::StringRef what) {
    reason = llvm::formatv("cannot {0} a temporary file for {1} bytes of new "
                           "weights: {2}", what, bytes.size(), strerror(errno));
    newWeights.erase(weight.name);
    return mlir::failure();
  };
  if (!temporary) {
    llvm::SmallString<128> path;
    auto file = std::make_unique<TemporaryFile>();
    if (fs::createTemporaryFile("slin-weights", "", file->descriptor, path))
      return failed("make");
    fs::remove(path);
    temporary = std::move(file);
  }
  auto mapping = std::make_unique<Mapping>();
  mapping->size = bytes.size();
  mapping->hash = hash;
  if (!bytes.empty()) {
    uint64_t written = 0;
    while (written < bytes.size()) {
      ssize_t count = pwrite(temporary->descriptor, bytes.data() + written,
                             bytes.size() - written, temporary->size + written);
      if (count <= 0)
        return failed("write");
      written += count;
    }
    void *data = mmap(nullptr, bytes.size(), PROT_READ, MAP_SHARED,
                      temporary->descriptor, temporary->size);
    if (data == MAP_FAILED)
      return failed("map");
    mapping->data = data;
    uint64_t page = sysconf(_SC_PAGESIZE);
    temporary->size = (temporary->size + bytes.size() + page - 1) / page * page;
  }
  entry = std::move(mapping);
  return weight;
}
