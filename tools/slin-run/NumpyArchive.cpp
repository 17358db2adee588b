//===- NumpyArchive.cpp - Arrays of an .npz file --------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// zlib decompresses and checks; the directory and the header are few fields.
// Sizes come from the directory: what numpy writes in front of each file may
// leave them out. Every place is checked against the file before it is read,
// and no size is believed that the compressed bytes cannot have.
//
//===----------------------------------------------------------------------===//

#include "NumpyArchive.h"

#include "slin/Weights/Elements.h"

#include "mlir/IR/Builders.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/Regex.h"

#include <zlib.h>

using namespace mlir;
using namespace slin;
using llvm::support::endian::read16le;
using llvm::support::endian::read32le;

static constexpr uint32_t kFileSignature = 0x02014b50,
                          kLocalSignature = 0x04034b50;
static constexpr size_t kEndSize = 22, kFileSize = 46, kLocalSize = 30;
static constexpr uint16_t kStored = 0, kDeflated = 8;
/// Deflate makes at most 1032 bytes of one.
static constexpr uint64_t kLargestRatio = 1032;

//===----------------------------------------------------------------------===//
// ZIP
//===----------------------------------------------------------------------===//

LogicalResult NumpyArchive::readDirectory(std::string &reason) {
  StringRef data = buffer->getBuffer();
  auto fail = [&](const Twine &why) {
    reason = ("'" + path + "': " + why).str();
    return failure();
  };
  // The end of the directory stands behind everything but a comment.
  char signature[] = {'P', 'K', 5, 6};
  size_t end = data.rfind(StringRef(signature, 4));
  if (end == StringRef::npos || data.size() - end < kEndSize)
    return fail("expected a ZIP archive as numpy.savez writes it, found no "
                "directory");
  unsigned count = read16le(data.data() + end + 10);
  uint64_t place = read32le(data.data() + end + 16);
  if (count == 0xFFFF || place == 0xFFFFFFFF)
    return fail("expected an archive of less than 4 GB");
  for (unsigned i = 0; i < count; ++i) {
    if (place + kFileSize > end ||
        read32le(data.data() + place) != kFileSignature)
      return fail("expected " + Twine(count) +
                  " files in its directory, found " + Twine(i));
    const char *fields = data.data() + place;
    uint64_t nameSize = read16le(fields + 28);
    uint64_t next = place + kFileSize + nameSize + read16le(fields + 30) +
                    read16le(fields + 32);
    if (next > end)
      return fail("a name in its directory ends behind it");
    StringRef name = data.substr(place + kFileSize, nameSize);
    Entry entry{read32le(fields + 42), read32le(fields + 24),
                read32le(fields + 20), read32le(fields + 16),
                read16le(fields + 10)};
    if (name.consume_back(".npy"))
      entries[name] = entry;
    place = next;
  }
  return success();
}

FailureOr<std::vector<char>> NumpyArchive::extract(const Entry &entry,
                                                   std::string &reason) const {
  StringRef data = buffer->getBuffer();
  if (entry.offset + kLocalSize > data.size() ||
      read32le(data.data() + entry.offset) != kLocalSignature) {
    reason = "its directory points to no file";
    return failure();
  }
  const char *fields = data.data() + entry.offset;
  uint64_t first = uint64_t(entry.offset) + kLocalSize + read16le(fields + 26) +
                   read16le(fields + 28);
  if (first + entry.compressedSize > data.size() ||
      entry.size > entry.compressedSize * kLargestRatio + 1 ||
      (entry.method == kStored && entry.size != entry.compressedSize)) {
    reason = "expected " + std::to_string(entry.compressedSize) +
             " bytes that make " + std::to_string(entry.size) +
             ", found the end of the file or bytes that cannot make as many";
    return failure();
  }
  StringRef packed = data.substr(first, entry.compressedSize);
  std::vector<char> bytes(packed.begin(), packed.end());
  if (entry.method == kDeflated) {
    bytes.assign(entry.size, 0);
    z_stream stream = {};
    // Negative: no header of zlib's own.
    inflateInit2(&stream, -MAX_WBITS);
    stream.next_in =
        reinterpret_cast<Bytef *>(const_cast<char *>(packed.data()));
    stream.avail_in = packed.size();
    stream.next_out = reinterpret_cast<Bytef *>(bytes.data());
    stream.avail_out = bytes.size();
    int status = inflate(&stream, Z_FINISH);
    inflateEnd(&stream);
    if (status != Z_STREAM_END || stream.avail_out != 0) {
      reason = "its bytes cannot be decompressed";
      return failure();
    }
  } else if (entry.method != kStored) {
    reason = "expected stored or deflated bytes, found method " +
             std::to_string(entry.method);
    return failure();
  }
  if (crc32(0, reinterpret_cast<const Bytef *>(bytes.data()), bytes.size()) !=
      entry.checksum) {
    reason = "its bytes are not those that were written: the checksum differs";
    return failure();
  }
  return bytes;
}

FailureOr<NumpyArchive> NumpyArchive::open(StringRef path,
                                           std::string &reason) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer) {
    reason = ("'" + path + "': " + buffer.getError().message()).str();
    return failure();
  }
  NumpyArchive archive;
  archive.path = path.str();
  archive.buffer = std::move(*buffer);
  if (failed(archive.readDirectory(reason)))
    return failure();
  return archive;
}

std::string NumpyArchive::listNames() const {
  std::vector<std::string> names;
  for (const auto &entry : entries)
    names.push_back("'" + entry.getKey().str() + "'");
  llvm::sort(names);
  return names.empty() ? "none" : llvm::join(names, ", ");
}

//===----------------------------------------------------------------------===//
// NPY
//===----------------------------------------------------------------------===//

namespace {
struct Header {
  Type type;
  bool columnMajor = false;
  SmallVector<int64_t> shape;
  size_t size = 0;
};
} // namespace

/// The type that numpy calls `name`; null if it is none of numbers.
static Type elementTypeOf(StringRef name, MLIRContext *context) {
  Builder builder(context);
  Type real = llvm::StringSwitch<Type>(name)
                  .Case("<f2", builder.getF16Type())
                  .Case("<f4", builder.getF32Type())
                  .Case("<f8", builder.getF64Type())
                  .Case("|b1", builder.getI1Type())
                  .Default(Type());
  unsigned bytes;
  if (real || name.size() != 3 || (name[0] != '<' && name[0] != '|') ||
      (name[1] != 'i' && name[1] != 'u') ||
      name.drop_front(2).getAsInteger(10, bytes) ||
      !llvm::is_contained({1u, 2u, 4u, 8u}, bytes))
    return real;
  return name[1] == 'i' ? builder.getIntegerType(8 * bytes)
                        : builder.getIntegerType(8 * bytes, false);
}

static FailureOr<Header> parseHeader(ArrayRef<char> bytes, MLIRContext *context,
                                     std::string &reason) {
  StringRef data(bytes.data(), bytes.size());
  char magic[] = {'\x93', 'N', 'U', 'M', 'P', 'Y'};
  bool isNumpy = data.size() >= 12 && data.starts_with(StringRef(magic, 6));
  // Version 1 has a length of two bytes, later ones of four.
  size_t start = isNumpy && data[6] == 1 ? 10 : 12;
  size_t length = !isNumpy       ? 0
                  : data[6] == 1 ? read16le(data.data() + 8)
                                 : read32le(data.data() + 8);
  StringRef text = data.drop_front(std::min(start, data.size()));
  if (!isNumpy || length > text.size()) {
    reason = "is no .npy file";
    return failure();
  }
  text = text.take_front(length);
  SmallVector<StringRef> type, order, shape;
  if (!llvm::Regex("'descr': *'([^']*)'").match(text, &type) ||
      !llvm::Regex("'fortran_order': *(True|False)").match(text, &order) ||
      !llvm::Regex("'shape': *\\(([0-9, ]*)\\)").match(text, &shape)) {
    reason = "expected a type, an order and a shape in its header, found " +
             text.trim().str();
    return failure();
  }
  Header header;
  header.type = elementTypeOf(type[1], context);
  if (!header.type) {
    reason = "expected little-endian real numbers, integers or booleans, "
             "found '" +
             type[1].str() + "'";
    return failure();
  }
  header.columnMajor = order[1] == "True";
  SmallVector<StringRef> sizes;
  shape[1].split(sizes, ',', -1, /*KeepEmpty=*/false);
  for (StringRef text : sizes) {
    int64_t size;
    if (text.trim().empty())
      continue;
    if (text.trim().getAsInteger(10, size)) {
      reason = "expected sizes of 64 bits, found " + text.trim().str();
      return failure();
    }
    header.shape.push_back(size);
  }
  header.size = start + length;
  return header;
}

/// Elements whose first axis moves fastest, in row-major order.
static evaluation::Tensor toRowMajor(const evaluation::Tensor &tensor) {
  std::vector<int64_t> places(tensor.size());
  SmallVector<int64_t> shape(tensor.getShape()), index(shape.size(), 0);
  for (int64_t &place : places) {
    place = 0;
    for (size_t axis = shape.size(); axis-- > 0;)
      place = place * shape[axis] + index[axis];
    for (size_t axis = shape.size(); axis-- > 0;) {
      if (++index[axis] < shape[axis])
        break;
      index[axis] = 0;
    }
  }
  return tensor.taken(places, shape);
}

FailureOr<evaluation::Tensor> NumpyArchive::read(StringRef array,
                                                 MLIRContext *context,
                                                 std::string &reason) const {
  auto fail = [&] {
    reason = ("'" + path + "': array '" + array + "': " + reason).str();
    return failure();
  };
  FailureOr<std::vector<char>> bytes = extract(entries.lookup(array), reason);
  if (failed(bytes))
    return fail();
  FailureOr<Header> header = parseHeader(*bytes, context, reason);
  if (failed(header))
    return fail();
  ArrayRef<char> data = ArrayRef<char>(*bytes).drop_front(header->size);
  auto count = weights::countOf(header->shape);
  if (!count || *count > data.size() ||
      weights::bytesOf(header->type, *count) != data.size()) {
    reason = "expected as many bytes as its shape says, found " +
             std::to_string(data.size());
    return fail();
  }
  auto type = RankedTensorType::get(header->shape, header->type);
  auto tensor = evaluation::readTensor({type, data, nullptr}, reason);
  if (failed(tensor))
    return fail();
  return header->columnMajor ? toRowMajor(*tensor) : *tensor;
}
