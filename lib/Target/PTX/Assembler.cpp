//===- Assembler.cpp - PTX as machine code --------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Runs ptxas on temporary files.
//
//===----------------------------------------------------------------------===//

#include "slin/Target/PTX/Assembler.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Object/ELF.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/Regex.h"

using namespace mlir;
using namespace slin::ptx;
namespace fs = llvm::sys::fs;

//===----------------------------------------------------------------------===//
// Finding
//===----------------------------------------------------------------------===//

static std::optional<std::string> programIn(const Twine &folder) {
  SmallString<256> path;
  folder.toVector(path);
  llvm::sys::path::append(path, "ptxas");
  if (!fs::can_execute(path))
    return std::nullopt;
  return std::string(path);
}

FailureOr<std::optional<std::string>>
slin::ptx::findAssembler(StringRef asked, ArrayRef<std::string> folders,
                         std::string &reason) {
  if (!asked.empty()) {
    if (fs::can_execute(asked) && !fs::is_directory(asked))
      return std::optional(asked.str());
    reason = ("expected the path of ptxas, found '" + asked +
              "', which cannot be run")
                 .str();
    return failure();
  }
  if (auto home = llvm::sys::Process::GetEnv("CUDA_HOME"))
    if (auto found = programIn(*home + "/bin"))
      return found;
  if (auto found = llvm::sys::findProgramByName("ptxas"))
    return std::optional(*found);
  for (const std::string &folder : folders)
    if (auto found = programIn(folder))
      return found;
  return programIn("/usr/local/cuda/bin");
}

//===----------------------------------------------------------------------===//
// What it says
//===----------------------------------------------------------------------===//

/// The number before `unit` in `line`, as 16 of `used, 16 bytes smem`.
static unsigned numberBefore(StringRef line, StringRef unit) {
  SmallVector<StringRef> groups;
  unsigned number = 0;
  if (llvm::Regex(("([0-9]+) " + unit).str()).match(line, &groups))
    groups[1].getAsInteger(10, number);
  return number;
}

/// What stands between the first quotation marks after `before`; empty where
/// nothing does.
static StringRef quotedAfter(StringRef line, StringRef before) {
  auto [ignored, rest] = line.split(before);
  return rest.split('\'').second.split('\'').first;
}

static std::string complaint(StringRef kernel, const Chip &chip,
                             const Twine &found) {
  return ("kernel '" + kernel + "' for " + chip.name + ": expected " + found +
          ": its tile is too large for this target")
      .str();
}

FailureOr<std::vector<KernelResources>>
slin::ptx::parseResources(StringRef text, const Chip &chip,
                          std::string &reason) {
  std::vector<KernelResources> kernels;
  llvm::Regex note("\\(C7[56][0-9][0-9]\\)");
  for (StringRef line : llvm::split(text, '\n')) {
    if (line.contains("Compiling entry function")) {
      kernels.emplace_back();
      kernels.back().kernel = quotedAfter(line, "entry function").str();
    }
    StringRef named = quotedAfter(line, "function ");
    if (note.match(line)) {
      StringRef kernel = !named.empty()    ? named
                         : kernels.empty() ? StringRef("?")
                                           : StringRef(kernels.back().kernel);
      reason = complaint(kernel, chip,
                         "no note of ptxas, found '" + line.trim() + "'");
      return failure();
    }
    if (kernels.empty())
      continue;
    KernelResources &kernel = kernels.back();
    kernel.stackBytes += numberBefore(line, "bytes stack frame");
    kernel.spillBytes += numberBefore(line, "bytes spill stores") +
                         numberBefore(line, "bytes spill loads");
    kernel.sharedBytes += numberBefore(line, "bytes smem");
    SmallVector<StringRef> groups;
    if (llvm::Regex("Used ([0-9]+) registers").match(line, &groups))
      groups[1].getAsInteger(10, kernel.registers);
  }
  for (const KernelResources &kernel : kernels)
    if (kernel.spillBytes != 0) {
      reason = complaint(kernel.kernel, chip,
                         "no spilled registers, found " +
                             Twine(kernel.spillBytes) + " bytes of them");
      return failure();
    }
  return kernels;
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

static std::string readText(StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  return buffer ? (*buffer)->getBuffer().str() : std::string();
}

/// The size of section `.text.KERNEL` of a cubin, which is an ELF file.
static void addCodeBytes(StringRef cubin,
                         MutableArrayRef<KernelResources> kernels) {
  auto file = llvm::object::ELFFile<llvm::object::ELF64LE>::create(cubin);
  if (!file)
    return llvm::consumeError(file.takeError());
  auto sections = file->sections();
  if (!sections)
    return llvm::consumeError(sections.takeError());
  for (const auto &section : *sections) {
    auto name = file->getSectionName(section);
    if (!name) {
      llvm::consumeError(name.takeError());
      continue;
    }
    for (KernelResources &kernel : kernels)
      if (*name == ".text." + kernel.kernel)
        kernel.codeBytes = section.sh_size;
  }
}

FailureOr<Assembly> slin::ptx::assemble(StringRef assembler, StringRef text,
                                        const Chip &chip, std::string &reason) {
  SmallString<128> source, binary, messages;
  std::vector<llvm::FileRemover> removers(3);
  auto create = [&](StringRef suffix, SmallString<128> &path, size_t index) {
    std::error_code code = fs::createTemporaryFile("slin", suffix, path);
    if (code)
      reason = "no temporary file can be made: " + code.message();
    else
      removers[index].setFile(path);
    return !code;
  };
  if (!create("ptx", source, 0) || !create("cubin", binary, 1) ||
      !create("txt", messages, 2))
    return failure();
  std::error_code code;
  llvm::raw_fd_ostream os(source, code);
  os << text;
  os.close();
  if (code || os.has_error()) {
    reason = ("cannot write '" + source +
              "': " + (code ? code : os.error()).message())
                 .str();
    os.clear_error();
    return failure();
  }
  std::string arch = ("-arch=" + chip.name).str();
  SmallVector<StringRef> words{assembler, "-v", arch,  "-O3",
                               source,    "-o", binary};
  std::optional<StringRef> redirects[] = {StringRef(), StringRef(messages),
                                          StringRef(messages)};
  std::string why;
  int exit = llvm::sys::ExecuteAndWait(assembler, words, std::nullopt,
                                       redirects, 0, 0, &why);
  std::string said = readText(messages);
  if (exit != 0) {
    reason = (assembler + " for " + chip.name + ": " +
              (why.empty() ? StringRef(said).trim() : StringRef(why)))
                 .str();
    return failure();
  }
  auto kernels = parseResources(said, chip, reason);
  if (failed(kernels))
    return failure();
  Assembly assembly{readText(binary), std::move(*kernels)};
  addCodeBytes(assembly.cubin, assembly.kernels);
  return assembly;
}
