//===- Bindings.cpp - The C API for Python --------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Nothing but translation: python/slin/_slin.pyi says what the functions do.
// The interpreter is left to other threads while a model is worked on.
//
//===----------------------------------------------------------------------===//

#include "slin/CAPI/Slin.h"

#include <cstring>
#include <exception>
#include <memory>
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

namespace nb = nanobind;

namespace {

using Result = std::unique_ptr<SlinResult, decltype(&slinResultDestroy)>;

/// The exception classes of the module.
PyObject *errorClass = nullptr;
PyObject *usageErrorClass = nullptr;

/// The work of `call`, without the interpreter's lock.
template <typename Call>
Result run(Call call) {
  nb::gil_scoped_release release;
  return Result(call(), &slinResultDestroy);
}

/// Raises what the result says, if it is no success.
void check(const Result &result) {
  SlinStatus status = slinResultStatus(result.get());
  if (status == SLIN_SUCCESS)
    return;
  const char *message = slinResultMessage(result.get());
  PyErr_SetObject(
      status == SLIN_USAGE_ERROR ? usageErrorClass : errorClass,
      nb::steal(PyUnicode_DecodeUTF8(message, std::strlen(message), "replace"))
          .ptr());
  throw nb::python_error();
}

nb::str text(const Result &result) {
  check(result);
  size_t length;
  const char *data = slinResultData(result.get(), &length);
  return nb::str(data, length);
}

nb::bytes bytes(const Result &result) {
  check(result);
  size_t length;
  const char *data = slinResultData(result.get(), &length);
  return nb::bytes(data, length);
}

/// A Python function as progress, and what it raised.
struct Progress {
  nb::object function;
  std::exception_ptr raised;

  static bool call(const char *stage, uint64_t done, uint64_t total,
                   void *user) {
    auto *self = static_cast<Progress *>(user);
    nb::gil_scoped_acquire acquire;
    try {
      self->function(stage, done, total);
      return true;
    } catch (...) {
      self->raised = std::current_exception();
      return false;
    }
  }
};

/// Compression, merging or compilation, whichever `call` is.
template <SlinResult *(*call)(const char *, const char *, const char *,
                              SlinProgress, void *)>
nb::str rewrite(const std::string &model, const std::string &output,
                const std::string &options, nb::object function) {
  Progress progress{function, nullptr};
  SlinProgress callback = function.is_none() ? nullptr : &Progress::call;
  Result result = run([&] {
    return call(model.c_str(), output.c_str(), options.c_str(), callback,
                &progress);
  });
  if (progress.raised)
    std::rethrow_exception(progress.raised);
  return text(result);
}

nb::tuple instrument(const std::string &model,
                     const std::vector<std::string> &outputs,
                     const std::string &options) {
  std::vector<const char *> names;
  for (const std::string &output : outputs)
    names.push_back(output.c_str());
  Result result = run([&] {
    return slinInstrument(model.c_str(), names.data(), names.size(),
                          options.c_str());
  });
  nb::bytes data = bytes(result);
  return nb::make_tuple(data, slinResultFolder(result.get()));
}

} // namespace

NB_MODULE(_slin, module) {
  module.doc() = "The compiled part of slin.";
  errorClass = PyErr_NewException("slin._slin.Error", PyExc_Exception, nullptr);
  usageErrorClass =
      PyErr_NewException("slin._slin.UsageError", errorClass, nullptr);
  module.attr("Error") = nb::handle(errorClass);
  module.attr("UsageError") = nb::handle(usageErrorClass);

  using nb::literals::operator""_a;
  module.def(
      "inspect",
      [](const std::string &model, const std::string &options) {
        return text(
            run([&] { return slinInspect(model.c_str(), options.c_str()); }));
      },
      "model"_a, "options"_a = "");
  module.def("compress", &rewrite<slinCompress>, "model"_a, "output"_a,
             "options"_a, "progress"_a = nb::none());
  module.def("merge", &rewrite<slinMerge>, "model"_a, "output"_a, "options"_a,
             "progress"_a = nb::none());
  module.def("compile", &rewrite<slinCompile>, "model"_a, "output"_a,
             "options"_a, "progress"_a = nb::none());
  module.def(
      "calibration_inputs",
      [](const std::string &model, const std::string &options) {
        return text(run([&] {
          return slinCalibrationInputs(model.c_str(), options.c_str());
        }));
      },
      "model"_a, "options"_a = "");
  module.def("instrument", &instrument, "model"_a, "outputs"_a,
             "options"_a = "");
  module.def(
      "contents",
      [](const std::string &model, const std::string &options) {
        return text(
            run([&] { return slinContents(model.c_str(), options.c_str()); }));
      },
      "model"_a, "options"_a = "");
  module.def(
      "pass_pipeline",
      [](const std::string &options) {
        return text(run([&] { return slinPassPipeline(options.c_str()); }));
      },
      "options"_a = "");
  module.def(
      "merge_pipeline",
      [](const std::string &options) {
        return text(run([&] { return slinMergePipeline(options.c_str()); }));
      },
      "options"_a = "");
  module.def(
      "compile_pipeline",
      [](const std::string &options) {
        return text(run([&] { return slinCompilePipeline(options.c_str()); }));
      },
      "options"_a = "");
  module.def(
      "translate",
      [](const std::string &source) {
        return bytes(run([&] { return slinTranslate(source.c_str()); }));
      },
      "text"_a);
  module.def(
      "roundtrip",
      [](const std::string &model, const std::string &route) {
        return bytes(
            run([&] { return slinRoundTrip(model.c_str(), route.c_str()); }));
      },
      "model"_a, "route"_a = "direct");
  module.def(
      "opaque_count",
      [](const std::string &model) {
        return nb::int_(
            text(run([&] { return slinOpaqueCount(model.c_str()); })));
      },
      "model"_a);
}
