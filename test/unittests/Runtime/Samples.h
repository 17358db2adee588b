//===- Samples.h - Artefacts that the tests read
//--------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The files that test/Runtime/artefact_writer.py has written, and what tests do
// with them again and again.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_UNITTESTS_RUNTIME_SAMPLES_H
#define SLIN_UNITTESTS_RUNTIME_SAMPLES_H

#include "format.h"

#include "recording_driver.h"
#include "slin_runtime.h"
#include <cstring>
#include <string>
#include <vector>

/// The bytes of FOLDER/`name`.slingpu.
std::string readSample(const std::string &name);

/// Its path.
std::string samplePath(const std::string &name);

/// Makes the checksums of an edited file right again, as far as its section
/// table can be followed.
void seal(std::string &bytes);

/// A record of a section in a file.
template <typename Record>
Record &record(std::string &bytes, slingpu_section_kind kind,
               unsigned index = 0) {
  slingpu_section section;
  memcpy(&section, &bytes[sizeof(slingpu_header) + (kind - 1) * sizeof section],
         sizeof section);
  return *reinterpret_cast<Record *>(
      &bytes[section.offset + index * sizeof(Record)]);
}

/// A program of a file, given back at the end; the recording driver has no log
/// of the loading then.
class Loaded {
public:
  explicit Loaded(const std::string &name, unsigned maxTokens = 0);
  ~Loaded();
  Loaded(const Loaded &) = delete;

  slin_artefact *artefact = nullptr;
  slin_program *program = nullptr;
  slin_error error = {};
};

/// Device memory of a program, given back at the end.
class Memory {
public:
  Memory(slin_program *program, uint64_t bytes);
  ~Memory();
  Memory(const Memory &) = delete;

  slin_program *program;
  slin_pointer pointer = 0;
};

/// Whether `text` has `part`, with both in the message if not.
#define EXPECT_HAS(text, part)                                                 \
  EXPECT_NE(std::string(text).find(part), std::string::npos) << text

#endif
