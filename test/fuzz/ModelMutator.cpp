//===- ModelMutator.cpp - Mutations that keep a model a message -----------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// libFuzzer changes bytes, and almost every changed byte of a protobuf message
// breaks a length: the importer turns the model away before it has looked at
// it. Here a model is changed as a message: a field gets another value, an
// element is dropped, doubled, moved or taken from another place of the same
// type. One mutation in eight still changes bytes, for the reader of the wire
// format itself.
//
// The library's own classes are of protobuf's lite runtime, which cannot look
// into a message, so the schema is read at run time (SLIN_ONNX_DESCRIPTORS).
//
//===----------------------------------------------------------------------===//

#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/dynamic_message.h"
#include "google/protobuf/message.h"
#include "google/protobuf/stubs/logging.h"
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <vector>

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

extern "C" size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t maxSize);

namespace {

using Random = std::minstd_rand;

unsigned below(Random &random, size_t bound) { return random() % bound; }

/// The classes of the schema, made at run time.
class Schema {
public:
  static Schema &get() {
    static Schema schema;
    return schema;
  }

  std::unique_ptr<Message> parse(const uint8_t *data, size_t size) {
    std::unique_ptr<Message> model(prototype->New());
    if (!model->ParsePartialFromArray(data, static_cast<int>(size)))
      return nullptr;
    return model;
  }

private:
  Schema() {
    // Not every changed string is UTF-8, which is nothing to tell.
    google::protobuf::SetLogHandler(nullptr);
    std::ifstream file(SLIN_ONNX_DESCRIPTORS, std::ios::binary);
    google::protobuf::FileDescriptorSet files;
    const google::protobuf::FileDescriptor *built = nullptr;
    if (files.ParseFromIstream(&file) && files.file_size() == 1)
      built = pool.BuildFile(files.file(0));
    if (!built) {
      std::fprintf(stderr, "%s holds no schema\n", SLIN_ONNX_DESCRIPTORS);
      std::abort();
    }
    prototype =
        factory.GetPrototype(built->FindMessageTypeByName("ModelProto"));
  }

  google::protobuf::DescriptorPool pool;
  google::protobuf::DynamicMessageFactory factory;
  const Message *prototype;
};

/// A field of a message of the model.
struct Place {
  Message *message;
  const FieldDescriptor *field;

  const Reflection *reflection() const { return message->GetReflection(); }
  bool isMessage() const {
    return field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
  }
  int count() const {
    if (field->is_repeated())
      return reflection()->FieldSize(*message, field);
    return reflection()->HasField(*message, field);
  }
  Message *element(int index) const {
    return field->is_repeated()
               ? reflection()->MutableRepeatedMessage(message, field, index)
               : reflection()->MutableMessage(message, field);
  }
};

/// Every field of `message` and of all messages in it, the absent ones too.
void collect(Message *message, std::vector<Place> &places) {
  const auto *descriptor = message->GetDescriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    Place place{message, descriptor->field(i)};
    places.push_back(place);
    if (place.isMessage())
      for (int k = 0, n = place.count(); k < n; ++k)
        collect(place.element(k), places);
  }
}

/// The strings of the model: giving a name to another place makes two things
/// one, which is where names matter.
std::vector<std::string> collectStrings(const std::vector<Place> &places) {
  std::vector<std::string> strings{"", "x", "If", "Gemm", "com.microsoft"};
  for (const Place &place : places) {
    if (place.field->type() != FieldDescriptor::TYPE_STRING)
      continue;
    for (int k = 0, n = place.count(); k < n; ++k)
      strings.push_back(
          place.field->is_repeated()
              ? place.reflection()->GetRepeatedString(*place.message,
                                                      place.field, k)
              : place.reflection()->GetString(*place.message, place.field));
  }
  return strings;
}

std::string changedBytes(std::string bytes, Random &random) {
  size_t size = bytes.size();
  // Mostly the same length: tensors whose length is wrong are turned away.
  size_t room = below(random, 4) ? size : size + 8;
  bytes.resize(std::max<size_t>(room, 1));
  size = LLVMFuzzerMutate(reinterpret_cast<uint8_t *>(bytes.data()), size,
                          bytes.size());
  bytes.resize(below(random, 4) ? room : size);
  return bytes;
}

int64_t changedInteger(int64_t value, Random &random) {
  static const int64_t special[] = {
      0,  1,       2,          3,         7,         16,        255,      -1,
      -2, 1 << 16, -(1 << 16), INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};
  switch (below(random, 3)) {
  case 0:
    return special[below(random, std::size(special))];
  case 1:
    return value ^ (int64_t(1) << below(random, 64));
  default:
    return static_cast<int64_t>(static_cast<uint64_t>(value) +
                                below(random, 5) - 2);
  }
}

/// Sets `place` (its element `index`, where it is repeated) to a new value.
void setScalar(const Place &place, int index,
               const std::vector<std::string> &strings, Random &random) {
  const Reflection *reflection = place.reflection();
  Message *message = place.message;
  const FieldDescriptor *field = place.field;
  bool repeated = field->is_repeated(), present = place.count() > 0;
  auto change = [&](auto get, auto getOne, auto set, auto setOne, auto make) {
    if (repeated)
      (reflection->*setOne)(
          message, field, index,
          make((reflection->*getOne)(*message, field, index)));
    else
      (reflection->*set)(message, field,
                         make((reflection->*get)(*message, field)));
  };
  auto integer = [&](auto value) -> decltype(value) {
    return present ? changedInteger(value, random) : below(random, 4);
  };
  auto number = [&](auto value) -> decltype(value) {
    return below(random, 2) ? value * 2 + 1 : value / 0.0;
  };
  switch (field->cpp_type()) {
  case FieldDescriptor::CPPTYPE_INT32:
    return change(&Reflection::GetInt32, &Reflection::GetRepeatedInt32,
                  &Reflection::SetInt32, &Reflection::SetRepeatedInt32,
                  integer);
  case FieldDescriptor::CPPTYPE_INT64:
    return change(&Reflection::GetInt64, &Reflection::GetRepeatedInt64,
                  &Reflection::SetInt64, &Reflection::SetRepeatedInt64,
                  integer);
  case FieldDescriptor::CPPTYPE_UINT64:
    return change(&Reflection::GetUInt64, &Reflection::GetRepeatedUInt64,
                  &Reflection::SetUInt64, &Reflection::SetRepeatedUInt64,
                  integer);
  case FieldDescriptor::CPPTYPE_FLOAT:
    return change(&Reflection::GetFloat, &Reflection::GetRepeatedFloat,
                  &Reflection::SetFloat, &Reflection::SetRepeatedFloat, number);
  case FieldDescriptor::CPPTYPE_DOUBLE:
    return change(&Reflection::GetDouble, &Reflection::GetRepeatedDouble,
                  &Reflection::SetDouble, &Reflection::SetRepeatedDouble,
                  number);
  case FieldDescriptor::CPPTYPE_ENUM:
    return change(
        &Reflection::GetEnumValue, &Reflection::GetRepeatedEnumValue,
        &Reflection::SetEnumValue, &Reflection::SetRepeatedEnumValue, [&](int) {
          const auto *values = field->enum_type();
          return values->value(below(random, values->value_count()))->number();
        });
  case FieldDescriptor::CPPTYPE_STRING:
    return change(&Reflection::GetString, &Reflection::GetRepeatedString,
                  &Reflection::SetString, &Reflection::SetRepeatedString,
                  [&](std::string value) {
                    if (field->type() == FieldDescriptor::TYPE_STRING &&
                        below(random, 3))
                      return strings[below(random, strings.size())];
                    return changedBytes(std::move(value), random);
                  });
  default:
    return;
  }
}

/// Appends an element to a repeated field of scalars.
void addScalar(const Place &place) {
  const Reflection *reflection = place.reflection();
  switch (place.field->cpp_type()) {
  case FieldDescriptor::CPPTYPE_INT32:
    return reflection->AddInt32(place.message, place.field, 0);
  case FieldDescriptor::CPPTYPE_INT64:
    return reflection->AddInt64(place.message, place.field, 0);
  case FieldDescriptor::CPPTYPE_UINT64:
    return reflection->AddUInt64(place.message, place.field, 0);
  case FieldDescriptor::CPPTYPE_FLOAT:
    return reflection->AddFloat(place.message, place.field, 0);
  case FieldDescriptor::CPPTYPE_DOUBLE:
    return reflection->AddDouble(place.message, place.field, 0);
  case FieldDescriptor::CPPTYPE_STRING:
    return reflection->AddString(place.message, place.field, "");
  default:
    return;
  }
}

/// A copy of some message of the type of `place`'s in `donors`, if there is
/// one.
std::unique_ptr<Message> pickDonor(const Place &place,
                                   const std::vector<Place> &donors,
                                   Random &random) {
  std::vector<Message *> found;
  for (const Place &donor : donors)
    if (donor.isMessage() &&
        donor.field->message_type() == place.field->message_type())
      for (int k = 0, n = donor.count(); k < n; ++k)
        found.push_back(donor.element(k));
  if (found.empty())
    return nullptr;
  const Message *picked = found[below(random, found.size())];
  std::unique_ptr<Message> copy(picked->New());
  copy->CopyFrom(*picked);
  return copy;
}

/// Puts a copy of a message of `donors` into `place`.
bool graft(const Place &place, const std::vector<Place> &donors,
           Random &random) {
  std::unique_ptr<Message> donor = pickDonor(place, donors, random);
  if (!donor)
    return false;
  int count = place.count();
  if (place.field->is_repeated() && (count == 0 || below(random, 2)))
    place.reflection()
        ->AddMessage(place.message, place.field)
        ->CopyFrom(*donor);
  else
    place.element(count ? below(random, count) : 0)->CopyFrom(*donor);
  return true;
}

void remove(const Place &place, Random &random) {
  int count = place.count();
  if (place.field->is_repeated() && count > 0) {
    place.reflection()->SwapElements(place.message, place.field,
                                     below(random, count), count - 1);
    place.reflection()->RemoveLast(place.message, place.field);
  } else {
    place.reflection()->ClearField(place.message, place.field);
  }
}

/// One change somewhere in the model that consists of `places`. Returns false
/// if the chosen place cannot be changed in the chosen way.
bool change(const std::vector<Place> &places, Random &random) {
  const Place &place = places[below(random, places.size())];
  int count = place.count();
  // Most fields of most messages are absent, and a model in which everything
  // is present is rarely accepted: what is there is changed more often.
  if (count == 0 && below(random, 8))
    return false;
  if (below(random, 8) == 0 && count > 0) {
    remove(place, random);
    return true;
  }
  if (place.field->is_repeated() && count > 1 && below(random, 8) == 0) {
    place.reflection()->SwapElements(
        place.message, place.field, below(random, count), below(random, count));
    return true;
  }
  if (place.isMessage()) {
    if (below(random, 4) == 0 && graft(place, places, random))
      return true;
    if (count != 0 || below(random, 2))
      return false; // its fields are places of their own
    if (place.field->is_repeated())
      place.reflection()->AddMessage(place.message, place.field);
    else
      place.element(0);
    return true;
  }
  if (place.field->is_repeated() && (count == 0 || below(random, 8) == 0)) {
    addScalar(place);
    count = place.count();
  }
  if (count == 0 && place.field->is_repeated())
    return false;
  setScalar(place, count ? below(random, count) : 0, collectStrings(places),
            random);
  return true;
}

size_t write(const Message &model, uint8_t *data, size_t maxSize) {
  std::string bytes;
  if (!model.SerializePartialToString(&bytes) || bytes.size() > maxSize)
    return 0;
  std::copy(bytes.begin(), bytes.end(), data);
  return bytes.size();
}

} // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size,
                                          size_t maxSize, unsigned seed) {
  Random random(seed);
  random.discard(2);
  std::unique_ptr<Message> model = Schema::get().parse(data, size);
  if (!model || below(random, 8) == 0)
    return LLVMFuzzerMutate(data, size, maxSize);
  for (int attempt = 0; attempt < 1000; ++attempt) {
    std::vector<Place> places;
    collect(model.get(), places);
    if (change(places, random) && below(random, 4))
      break;
  }
  size_t written = write(*model, data, maxSize);
  return written ? written : LLVMFuzzerMutate(data, size, maxSize);
}

extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t *first,
                                            size_t firstSize,
                                            const uint8_t *second,
                                            size_t secondSize, uint8_t *out,
                                            size_t maxOutSize, unsigned seed) {
  Random random(seed);
  random.discard(2);
  std::unique_ptr<Message> model = Schema::get().parse(first, firstSize);
  std::unique_ptr<Message> donor = Schema::get().parse(second, secondSize);
  if (!model || !donor)
    return 0;
  std::vector<Place> places, donors;
  collect(model.get(), places);
  collect(donor.get(), donors);
  for (int attempt = 0; attempt < 100; ++attempt) {
    const Place &place = places[below(random, places.size())];
    if (place.isMessage() && graft(place, donors, random))
      break;
  }
  return write(*model, out, maxOutSize);
}
