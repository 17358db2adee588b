//===- Safetensors.cpp - Tensors of a safetensors file --------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The format has no third-party C++ reader in Debian; its header is JSON, which
// LLVM parses. Everything a file claims is checked before it is used.
//
//===----------------------------------------------------------------------===//

#include "slin/Weights/Safetensors.h"

#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace slin::weights;

/// Bits of one element of the format's types; 0 for unknown ones.
static unsigned bitsOf(StringRef type) {
  return llvm::StringSwitch<unsigned>(type)
      .Cases({"BOOL", "U8", "I8", "F8_E4M3", "F8_E5M2", "F8_E8M0"}, 8)
      .Cases({"U16", "I16", "F16", "BF16"}, 16)
      .Cases({"U32", "I32", "F32"}, 32)
      .Cases({"U64", "I64", "F64", "C64"}, 64)
      .Case("F4", 4)
      .Default(0);
}

static std::string shapeText(ArrayRef<int64_t> shape) {
  std::string text = "[";
  for (auto [index, size] : llvm::enumerate(shape))
    text += (index ? ", " : "") + std::to_string(size);
  return text + "]";
}

/// Bytes of `shape` elements of `bits` bits; none where there are too many to
/// lie in any file.
static std::optional<uint64_t> bytesOf(unsigned bits, ArrayRef<int64_t> shape) {
  uint64_t total = bits;
  for (int64_t size : shape) {
    bool overflow = false;
    total = llvm::SaturatingMultiply(total, uint64_t(size), &overflow);
    if (size < 0 || overflow)
      return std::nullopt;
  }
  return llvm::divideCeil(total, uint64_t(8));
}

/// The integers of a JSON array; none if it holds anything else.
static std::optional<std::vector<int64_t>>
integersOf(const llvm::json::Array *array) {
  if (!array)
    return std::nullopt;
  std::vector<int64_t> integers;
  for (const llvm::json::Value &value : *array) {
    std::optional<int64_t> integer = value.getAsInteger();
    if (!integer || *integer < 0)
      return std::nullopt;
    integers.push_back(*integer);
  }
  return integers;
}

FailureOr<SafetensorsFile> SafetensorsFile::open(StringRef path,
                                                 std::string &reason) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer) {
    reason = llvm::formatv("cannot read '{0}': {1}", path,
                           buffer.getError().message());
    return failure();
  }
  SafetensorsFile file;
  file.path = path.str();
  file.buffer = std::move(*buffer);
  if (failed(file.parse(reason))) {
    reason = llvm::formatv("'{0}': {1}", path, reason);
    return failure();
  }
  return file;
}

LogicalResult SafetensorsFile::parse(std::string &reason) {
  StringRef bytes = buffer->getBuffer();
  if (bytes.size() < 8) {
    reason = llvm::formatv("expected a safetensors file of 8 bytes or more, "
                           "found {0}",
                           bytes.size());
    return failure();
  }
  uint64_t headerLength = llvm::support::endian::read64le(bytes.data());
  StringRef data = bytes.drop_front(8);
  if (headerLength > data.size()) {
    reason = llvm::formatv("expected a header of at most {0} bytes, found {1}",
                           data.size(), headerLength);
    return failure();
  }
  llvm::Expected<llvm::json::Value> header =
      llvm::json::parse(data.take_front(headerLength));
  data = data.drop_front(headerLength);
  if (!header) {
    reason = "expected a header in JSON: " + toString(header.takeError());
    return failure();
  }
  const llvm::json::Object *entries = header->getAsObject();
  if (!entries) {
    reason = "expected an object as header, found another JSON value";
    return failure();
  }
  for (const auto &[key, value] : *entries) {
    StringRef name = key;
    if (name == "__metadata__")
      continue;
    FailureOr<Tensor> tensor = parseTensor(value.getAsObject(), data, reason);
    if (failed(tensor)) {
      reason = llvm::formatv("'{0}': {1}", name, reason);
      return failure();
    }
    tensors[name] = std::move(*tensor);
  }
  return success();
}

FailureOr<SafetensorsFile::Tensor>
SafetensorsFile::parseTensor(const llvm::json::Object *entry, StringRef data,
                             std::string &reason) {
  std::optional<StringRef> type;
  std::optional<std::vector<int64_t>> shape, range;
  if (entry) {
    type = entry->getString("dtype");
    shape = integersOf(entry->getArray("shape"));
    range = integersOf(entry->getArray("data_offsets"));
  }
  if (!type || !shape || !range || range->size() != 2) {
    reason = "expected dtype, shape and two data_offsets, found an entry "
             "without";
    return failure();
  }
  uint64_t begin = (*range)[0], end = (*range)[1];
  if (begin > end || end > data.size()) {
    reason = llvm::formatv("expected a range within {0} bytes of data, found "
                           "{1} to {2}",
                           data.size(), begin, end);
    return failure();
  }
  unsigned bits = bitsOf(*type);
  std::optional<uint64_t> expected = bytesOf(bits, *shape);
  if (bits != 0 && (!expected || *expected != end - begin)) {
    reason = llvm::formatv("expected {0} bytes for {1} {2}, found {3}",
                           expected ? std::to_string(*expected)
                                    : std::string("too many"),
                           *type, shapeText(*shape), end - begin);
    return failure();
  }
  return Tensor{type->str(), std::move(*shape),
                ArrayRef<char>(data.data() + begin, end - begin)};
}

FailureOr<ArrayRef<char>>
SafetensorsFile::getDoubles(StringRef key, ArrayRef<int64_t> shape,
                            std::string &reason) const {
  auto entry = tensors.find(key);
  if (entry == tensors.end()) {
    reason = llvm::formatv("'{0}': expected a tensor '{1}', found none among "
                           "{2}",
                           path, key, tensors.size());
    return failure();
  }
  const Tensor &tensor = entry->second;
  if (tensor.type == "F64" && ArrayRef<int64_t>(tensor.shape) == shape)
    return tensor.bytes;
  reason =
      llvm::formatv("'{0}': '{1}': expected F64 {2}, found {3} {4}", path, key,
                    shapeText(shape), tensor.type, shapeText(tensor.shape));
  return failure();
}
