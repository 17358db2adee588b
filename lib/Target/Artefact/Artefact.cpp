//===- Artefact.cpp - What a GPU runs, as a file --------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Entries are those of the first target; the other targets have to have the
// same ones, with plans of their own.
//
//===----------------------------------------------------------------------===//

#include "PlanWriter.h"
#include "Sections.h"
#include "WeightTable.h"

#include "slin/Dialect/SlinGPU/IR/SlinGPUOps.h"
#include "slin/Target/Artefact/Artefact.h"
#include "slin/Weights/PendingFile.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

#include <set>

using namespace mlir;
using namespace slin;
using namespace slin::artefact;
using slingpu::EntryOp;

FailureOr<TargetCode> slin::artefact::makeCode(ModuleOp module,
                                               const ptx::Chip &chip,
                                               StringRef assembler) {
  TargetCode result{chip, module, {}};
  for (auto kernels : module.getOps<mlir::gpu::GPUModuleOp>()) {
    FailureOr<std::string> text = ptx::translateToPTX(kernels, chip);
    if (failed(text))
      return failure();
    Code code{kernels, std::move(*text), std::nullopt};
    if (!assembler.empty()) {
      std::string reason;
      auto assembly = ptx::assemble(assembler, code.ptx, chip, reason);
      if (failed(assembly))
        return kernels.emitError() << reason;
      code.assembly = std::move(*assembly);
    }
    result.code.push_back(std::move(code));
  }
  return result;
}

namespace slin::artefact {
class ArtefactBuilder {
public:
  ArtefactBuilder() : weights(sections) {}
  LogicalResult add(ArrayRef<TargetCode> targets, ArrayRef<Metadata> metadata);
  Artefact finish();

private:
  LogicalResult addKernels(const Code &code, uint32_t module, uint32_t target);
  LogicalResult addEntry(EntryOp entry, ArrayRef<TargetCode> targets);
  void addValues(ArrayAttr types, StringRef name, bool hasGates = false);

  Sections sections;
  WeightTable weights;
  /// Of each target, by the symbols that launches have.
  std::vector<KernelTable> kernels;
  std::set<std::string> paths;
};
} // namespace slin::artefact

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

/// A number that emitters leave at a kernel.
static FailureOr<uint32_t> numberAt(LLVM::LLVMFuncOp kernel, StringRef name,
                                    int64_t least, int64_t most) {
  auto number = kernel->getAttrOfType<IntegerAttr>(name);
  if (number && number.getInt() >= least && number.getInt() <= most)
    return uint32_t(number.getInt());
  InFlightDiagnostic diagnostic = kernel.emitError();
  diagnostic << "kernel '" << kernel.getName() << "': expected '" << name
             << "' of " << least << " to " << most << ", found ";
  if (number)
    return diagnostic << number.getInt();
  return diagnostic << "none";
}

static FailureOr<uint32_t> threadsOf(LLVM::LLVMFuncOp kernel) {
  auto sizes = kernel->getAttrOfType<DenseI32ArrayAttr>(
      NVVM::NVVMDialect::getReqntidAttrName());
  if (sizes && sizes.size() == 1 && sizes[0] >= 1 && sizes[0] <= 1024)
    return uint32_t(sizes[0]);
  return kernel.emitError() << "kernel '" << kernel.getName()
                            << "': expected 'nvvm.reqntid' of one number from "
                               "1 to 1024";
}

LogicalResult ArtefactBuilder::addKernels(const Code &code, uint32_t module,
                                          uint32_t target) {
  mlir::gpu::GPUModuleOp op = code.module;
  for (auto kernel : op.getOps<LLVM::LLVMFuncOp>()) {
    if (!kernel->hasAttr(NVVM::NVVMDialect::getKernelFuncAttrName()))
      continue;
    auto threads = threadsOf(kernel);
    if (failed(threads))
      return failure();
    auto shared = numberAt(kernel, "slingpu.shared", 0, 1 << 20);
    if (failed(shared))
      return failure();
    auto cluster = numberAt(kernel, "slingpu.cluster", 1, 16);
    if (failed(cluster))
      return failure();
    slingpu_kernel record = {};
    record.name = sections.string(kernel.getName());
    record.module = module;
    record.threads = *threads;
    record.cluster = *cluster;
    record.dynamic_shared_bytes = *shared;
    if (kernel->hasAttr("slingpu.assembled_only"))
      record.flags = SLINGPU_KERNEL_ASSEMBLED_ONLY;
    if (code.assembly)
      for (const ptx::KernelResources &known : code.assembly->kernels)
        if (known.kernel == kernel.getName()) {
          record.registers = known.registers;
          record.spill_bytes = known.spillBytes;
        }
    auto symbol = SymbolRefAttr::get(op.getSymNameAttr(),
                                     {FlatSymbolRefAttr::get(kernel)});
    kernels[target][symbol] = {sections.add(record), *cluster};
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Entries
//===----------------------------------------------------------------------===//

void ArtefactBuilder::addValues(ArrayAttr types, StringRef name,
                                bool hasGates) {
  for (auto [index, type] :
       llvm::enumerate(types.getAsValueRange<TypeAttr>())) {
    auto tensor = cast<RankedTensorType>(Type(type));
    slingpu_value value = {};
    std::string own = (name + Twine(index)).str();
    if (hasGates)
      own = index == 0 ? name.str() : "gates";
    value.name = sections.string(types.size() == 1 ? name.str() : own);
    value.element_type = tensor.getElementType().isF32()   ? SLINGPU_F32
                         : tensor.getElementType().isF16() ? SLINGPU_F16
                                                           : SLINGPU_BF16;
    value.features = tensor.getDimSize(1);
    value.rank = 2;
    value.alignment = 16;
    sections.add(value);
  }
}

/// The entry of that path in another target's module; null after a diagnostic.
static EntryOp findTwin(EntryOp entry, const TargetCode &target) {
  ModuleOp module = target.module;
  for (auto other : module.getOps<EntryOp>())
    if (other.getPath() == entry.getPath() &&
        other.getInputTypes() == entry.getInputTypes() &&
        other.getOutputTypes() == entry.getOutputTypes())
      return other;
  entry.emitError() << "entry '" << entry.getPath()
                    << "': expected one of the same inputs and outputs for "
                    << target.chip.name << ", found none";
  return {};
}

LogicalResult ArtefactBuilder::addEntry(EntryOp entry,
                                        ArrayRef<TargetCode> targets) {
  auto path = entry.getPath();
  if (path.empty() || !paths.insert(path.str()).second)
    return entry.emitError()
           << "entry '" << path << "': expected a path of its own, found "
           << (path.empty() ? "none" : "another entry with it");
  auto isElement = [](Type type) {
    Type element = cast<RankedTensorType>(type).getElementType();
    return element.isF32() || element.isF16() || element.isBF16();
  };
  for (ArrayAttr types : {entry.getInputTypes(), entry.getOutputTypes()})
    for (Type type : types.getAsValueRange<TypeAttr>())
      if (!isElement(type))
        return entry.emitError() << "entry '" << path
                                 << "': expected values of bf16, f16 or f32, "
                                    "found "
                                 << type;
  if (entry.getInputTypes().size() + entry.getOutputTypes().size() >
      SLINGPU_MAX_VALUES)
    return entry.emitError()
           << "entry '" << path << "': expected at most " << SLINGPU_MAX_VALUES
           << " inputs and outputs, found "
           << entry.getInputTypes().size() + entry.getOutputTypes().size();
  slingpu_entry record = {};
  record.name = sections.string(path);
  record.structure = sections.string(entry.getStructure());
  record.first_value = sections.count<slingpu_value>();
  record.input_count = entry.getInputTypes().size();
  record.output_count = entry.getOutputTypes().size();
  record.first_plan = sections.count<slingpu_plan>();
  addValues(entry.getInputTypes(), "x", entry.getNetworks().has_value());
  addValues(entry.getOutputTypes(), "y");
  for (auto [index, target] : llvm::enumerate(targets)) {
    EntryOp twin = index == 0 ? entry : findTwin(entry, target);
    if (!twin)
      return failure();
    PlanWriter writer(sections, weights, kernels[index], index);
    for (unsigned plan = 0; plan < twin.getPlans().size(); ++plan)
      if (failed(writer.write(twin, plan)))
        return failure();
  }
  record.plan_count = sections.count<slingpu_plan>() - record.first_plan;
  sections.add(record);
  return success();
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

LogicalResult ArtefactBuilder::add(ArrayRef<TargetCode> targets,
                                   ArrayRef<Metadata> metadata) {
  for (const Metadata &pair : metadata)
    sections.add(slingpu_metadata{sections.string(pair.key),
                                  sections.string(pair.value)});
  kernels.resize(targets.size());
  for (auto [index, target] : llvm::enumerate(targets)) {
    sections.add(slingpu_target{
        uint32_t(target.chip.number),
        target.chip.isAccelerated ? uint32_t(SLINGPU_TARGET_SPECIFIC) : 0});
    for (const Code &code : target.code) {
      mlir::gpu::GPUModuleOp op = code.module;
      slingpu_module record = {};
      record.name =
          sections.string((op.getName() + "_" + target.chip.name).str());
      record.target = index;
      if (code.assembly) {
        record.cubin_offset = sections.storeCode(code.assembly->cubin);
        record.cubin_size = code.assembly->cubin.size();
      }
      // With the zero byte that ends it.
      StringRef text(code.ptx.c_str(), code.ptx.size() + 1);
      record.ptx_offset = sections.storeCode(text);
      record.ptx_size = text.size();
      if (failed(addKernels(code, sections.add(record), index)))
        return failure();
    }
  }
  ModuleOp first = targets.front().module;
  for (auto entry : first.getOps<EntryOp>())
    if (failed(addEntry(entry, targets)))
      return failure();
  if (paths.empty())
    return first.emitError() << "expected at least one slingpu.entry for an "
                                "artefact, found none";
  return success();
}

Artefact ArtefactBuilder::finish() {
  Artefact result;
  result.weightBytes = weights.size;
  result.head = sections.finish(weights.size, weights.checksum(), result.size);
  for (WeightTable::Stored &weight : weights.stored)
    result.weights.push_back({weight.offset, std::move(weight.elements)});
  return result;
}

FailureOr<Artefact> Artefact::build(ArrayRef<TargetCode> targets,
                                    ArrayRef<Metadata> metadata) {
  ArtefactBuilder builder;
  if (failed(builder.add(targets, metadata)))
    return failure();
  return builder.finish();
}

void Artefact::write(llvm::raw_ostream &os) const {
  os << head;
  uint64_t end = 0;
  for (const Weight &weight : weights) {
    os.write_zeros(weight.offset - end);
    os.write(weight.elements.bytes.data(), weight.elements.bytes.size());
    end = weight.offset + weight.elements.bytes.size();
  }
}

LogicalResult Artefact::writeFile(StringRef path, std::string &reason) const {
  slin::weights::PendingFile file(path);
  return failure(
      failed(file.fill([&](llvm::raw_ostream &os) { write(os); }, reason)) ||
      failed(file.keep(reason)));
}
