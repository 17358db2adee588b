//===- WireFormat.cpp - ONNX messages without their weights ---------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Knows of the schema only which fields lead to a TensorProto (numbers from
// onnx-ml.proto; they can never change). Everything else is copied as it
// stands.
//
//===----------------------------------------------------------------------===//

#include "WireFormat.h"

#include "llvm/Support/Endian.h"
#include "llvm/Support/FormatVariadic.h"

using namespace slin::onnx;
using llvm::StringRef;

namespace {
enum WireType {
  Varint = 0,
  Fixed64 = 1,
  LengthDelimited = 2,
  StartGroup = 3,
  EndGroup = 4,
  Fixed32 = 5
};

/// The message that field `number` of `parent` holds, as far as it matters.
Message childOf(Message parent, uint64_t number) {
  switch (parent) {
  case Message::Model:
    return number == 7    ? Message::Graph
           : number == 25 ? Message::Function
           : number == 20 ? Message::Training
                          : Message::None;
  case Message::Training:
    return number == 1 || number == 2 ? Message::Graph : Message::None;
  case Message::Function:
    return number == 7    ? Message::Node
           : number == 11 ? Message::Attribute
                          : Message::None;
  case Message::Graph:
    return number == 1    ? Message::Node
           : number == 5  ? Message::Tensor
           : number == 15 ? Message::SparseTensor
                          : Message::None;
  case Message::Node:
    return number == 5 ? Message::Attribute : Message::None;
  case Message::Attribute:
    return number == 5 || number == 10    ? Message::Tensor
           : number == 6 || number == 11  ? Message::Graph
           : number == 22 || number == 23 ? Message::SparseTensor
                                          : Message::None;
  case Message::SparseTensor:
    return number == 1 || number == 2 ? Message::Tensor : Message::None;
  case Message::Tensor:
    return number == 9 ? Message::RawData : Message::None;
  default:
    return Message::None;
  }
}

/// Reads fields one after the other.
class Reader {
public:
  explicit Reader(StringRef bytes) : bytes(bytes) {}
  bool atEnd() const { return position == bytes.size(); }
  bool readVarint(uint64_t &value) {
    value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
      if (position == bytes.size())
        return false;
      uint8_t byte = bytes[position++];
      if (shift < 64)
        value |= uint64_t(byte & 0x7f) << shift;
      if (!(byte & 0x80))
        return true;
    }
    return false;
  }
  /// Skips `length` bytes and gives them.
  bool readBytes(uint64_t length, StringRef &result) {
    if (length > bytes.size() - position)
      return false;
    result = bytes.substr(position, length);
    position += length;
    return true;
  }
  uint64_t getPosition() const { return position; }
  StringRef since(uint64_t start) const { return bytes.slice(start, position); }

private:
  StringRef bytes;
  uint64_t position = 0;
};

void appendVarint(std::string &out, uint64_t value) {
  while (value >= 0x80) {
    out.push_back(char(value | 0x80));
    value >>= 7;
  }
  out.push_back(char(value));
}

unsigned sizeOfVarint(uint64_t value) {
  unsigned size = 1;
  while (value >>= 7)
    ++size;
  return size;
}

/// Skips the value of a field that is not length-delimited.
bool skipScalar(Reader &reader, unsigned wireType) {
  StringRef ignored;
  uint64_t value;
  switch (wireType) {
  case Varint:
    return reader.readVarint(value);
  case Fixed64:
    return reader.readBytes(8, ignored);
  case Fixed32:
    return reader.readBytes(4, ignored);
  default:
    return false; // groups are not used by ONNX
  }
}

/// One field of a message.
struct Field {
  uint64_t key;
  /// What the field holds, as far as it matters: None is copied as it stands.
  Message child = Message::None;
  /// The value of a length-delimited field.
  StringRef content;
  /// The whole field.
  StringRef bytes;
};

/// Reads the next field of a message of kind `kind`; false if it is broken.
bool readField(Reader &reader, Message kind, Field &field) {
  uint64_t start = reader.getPosition(), length;
  field = Field();
  // Protobuf knows no other keys, and would read these as different ones.
  if (!reader.readVarint(field.key) || field.key > UINT32_MAX ||
      !(field.key >> 3))
    return false;
  if ((field.key & 7) != LengthDelimited) {
    if (!skipScalar(reader, field.key & 7))
      return false;
  } else {
    if (!reader.readVarint(length) || !reader.readBytes(length, field.content))
      return false;
    field.child = childOf(kind, field.key >> 3);
  }
  field.bytes = reader.since(start);
  return true;
}

class SkeletonBuilder {
public:
  SkeletonBuilder(StringRef model,
                  const std::function<Token(StringRef)> &tokenOf,
                  std::string &reason)
      : model(model), tokenOf(tokenOf), reason(reason) {}

  bool build(StringRef bytes, Message kind, unsigned depth, std::string &out) {
    if (depth > kMaximumDepth)
      return fail("messages nested deeper than {0}", kMaximumDepth);
    Reader reader(bytes);
    Field field;
    while (!reader.atEnd()) {
      if (!readField(reader, kind, field))
        return truncated(bytes, reader);
      if (field.child == Message::None) {
        out += field.bytes;
        continue;
      }
      std::string inner;
      if (field.child == Message::RawData)
        inner = tokenOf(field.content).encode();
      else if (!build(field.content, field.child, depth + 1, inner))
        return false;
      appendVarint(out, field.key);
      appendVarint(out, inner.size());
      out += inner;
    }
    return true;
  }

private:
  template <typename... Args>
  bool fail(const char *format, Args &&...args) {
    reason = llvm::formatv(format, std::forward<Args>(args)...).str();
    return false;
  }
  bool truncated(StringRef bytes, Reader &reader) {
    return fail("not an ONNX model, or a truncated one: the message is broken "
                "at byte {0} of {1}",
                uint64_t(bytes.data() - model.data()) + reader.getPosition(),
                model.size());
  }

  StringRef model;
  const std::function<Token(StringRef)> &tokenOf;
  std::string &reason;
};
} // namespace

std::string Token::encode() const {
  char buffer[16];
  llvm::support::endian::write64le(buffer, offset);
  llvm::support::endian::write64le(buffer + 8, length);
  return std::string(buffer, sizeof(buffer));
}

std::optional<Token> Token::decode(StringRef bytes) {
  if (bytes.size() != 16)
    return std::nullopt;
  return Token{llvm::support::endian::read64le(bytes.data()),
               llvm::support::endian::read64le(bytes.data() + 8)};
}

mlir::FailureOr<std::string>
slin::onnx::makeSkeleton(StringRef bytes, Message kind,
                         const std::function<Token(StringRef)> &tokenOf,
                         std::string &reason) {
  std::string skeleton;
  if (!SkeletonBuilder(bytes, tokenOf, reason).build(bytes, kind, 0, skeleton))
    return mlir::failure();
  return skeleton;
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

namespace {
/// Writes a skeleton's messages with what their tokens stand for. A skeleton
/// comes from protobuf or from SkeletonBuilder: it is never broken.
class Expansion {
public:
  explicit Expansion(const TokenBytes &tokens) : tokens(tokens) {}

  uint64_t sizeOf(StringRef bytes, Message kind) const {
    Reader reader(bytes);
    Field field;
    uint64_t size = 0;
    while (!reader.atEnd() && readField(reader, kind, field)) {
      if (field.child == Message::None) {
        size += field.bytes.size();
        continue;
      }
      uint64_t inner = sizeOf(field);
      size += sizeOfVarint(field.key) + sizeOfVarint(inner) + inner;
    }
    return size;
  }

  void write(StringRef bytes, Message kind, llvm::raw_ostream &os) const {
    Reader reader(bytes);
    Field field;
    while (!reader.atEnd() && readField(reader, kind, field)) {
      if (field.child == Message::None) {
        os << field.bytes;
        continue;
      }
      std::string header;
      appendVarint(header, field.key);
      appendVarint(header, sizeOf(field));
      os << header;
      if (field.child != Message::RawData)
        write(field.content, field.child, os);
      else if (std::optional<Token> token = tokenIn(field))
        tokens.write(*token, os);
      else
        os << field.content;
    }
  }

private:
  /// The size of a field's value.
  uint64_t sizeOf(const Field &field) const {
    if (field.child != Message::RawData)
      return sizeOf(field.content, field.child);
    std::optional<Token> token = tokenIn(field);
    return token ? token->length : field.content.size();
  }
  std::optional<Token> tokenIn(const Field &field) const {
    std::optional<Token> token = Token::decode(field.content);
    return token && tokens.holds(*token) ? token : std::nullopt;
  }

  const TokenBytes &tokens;
};
} // namespace

std::string slin::onnx::expand(StringRef skeleton, Message kind,
                               const TokenBytes &tokens) {
  std::string result;
  llvm::raw_string_ostream os(result);
  Expansion(tokens).write(skeleton, kind, os);
  return result;
}

void slin::onnx::writeModel(StringRef skeleton, const TokenBytes &tokens,
                            llvm::raw_ostream &os) {
  Expansion(tokens).write(skeleton, Message::Model, os);
}

uint64_t slin::onnx::sizeOfModel(StringRef skeleton, const TokenBytes &tokens) {
  return Expansion(tokens).sizeOf(skeleton, Message::Model);
}
