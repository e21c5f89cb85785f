#include <pybind11/stl.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mace/python/arrays.h"
#include "mace/python/bindings.h"
#include "mace/python/python_objects.h"

namespace mace {

namespace py = pybind11;

namespace {

// Moves the result of a call into an object that Python owns. Raises mace.Error.
template <typename T>
PythonOwned<T> Own(StatusOr<T> made) {
  RaiseIfError(made.status());
  return PythonOwned<T>(new T(*std::move(made)));
}

// Borrows read-only memory, which nobody changes; copies other memory. REQUIRES: the buffer has no
// gaps.
MemoryBytes BytesOf(const py::buffer& buffer) {
  auto info = std::make_unique<py::buffer_info>(buffer.request());
  MemoryBytes bytes;
  bytes.data = info->ptr;
  bytes.size = static_cast<size_t>(info->size * info->itemsize);
  if (!info->readonly) return bytes;
  // The capsule's end releases the view.
  py::capsule view(info.get(), [](void* held) { delete static_cast<py::buffer_info*>(held); });
  info.release();
  bytes.release = KeepUntilReleased(std::move(view));
  return bytes;
}

PythonOwned<Model> LoadModel(const std::string& path, const LoadOptions& options) {
  return Own(WithoutGil([&] { return Model::Load(path, options); }));
}

PythonOwned<Model> ModelFromBytes(const py::buffer& model, const py::buffer& data,
                                  const LoadOptions& options) {
  MemoryBytes model_bytes = BytesOf(model), data_bytes = BytesOf(data);
  return Own(WithoutGil(
      [&] { return Model::FromBytes(std::move(model_bytes), std::move(data_bytes), options); }));
}

SaveReport SaveModel(const Model& model, const std::string& path, const std::string& data,
                     bool half_weights) {
  SaveOptions options;
  options.data_path = data;
  options.half_weights = half_weights;
  StatusOr<SaveReport> report = WithoutGil([&] { return model.Save(path, options); });
  RaiseIfError(report.status());
  return *std::move(report);
}

std::chrono::milliseconds Milliseconds(double seconds) {
  constexpr double kLongest = 1e9;  // 31 years, which no clock overflows.
  const double limited = seconds < kLongest ? seconds : kLongest;
  return std::chrono::milliseconds(static_cast<int64_t>(limited > 0 ? limited * 1000 : 0));
}

void Run(Request* request, std::optional<double> seconds) {
  RaiseIfError(WithoutGil(
      [&] { return seconds.has_value() ? request->Run(Milliseconds(*seconds)) : request->Run(); }));
}

void Wait(Request* request, std::optional<double> seconds) {
  RaiseIfError(WithoutGil([&] {
    return seconds.has_value() ? request->Wait(Milliseconds(*seconds)) : request->Wait();
  }));
}

void SetInput(Request* request, size_t index, const py::array& array) {
  Tensor tensor = ViewOfArray(array);
  RaiseIfError(WithoutGil([&] { return request->Set(index, std::move(tensor)); }));
}

// `array` None: a new tensor for each run.
void SetOutput(Request* request, size_t index, const std::optional<py::array>& array) {
  Tensor tensor = array.has_value() ? MutableViewOfArray(*array) : Tensor();
  RaiseIfError(WithoutGil([&] { return request->SetOutput(index, std::move(tensor)); }));
}

py::array Get(const Request& request, size_t index) {
  const StatusOr<Tensor> tensor = WithoutGil([&] { return request.Get(index); });
  RaiseIfError(tensor.status());
  return ArrayOfTensor(*tensor);
}

void AddRequest(py::module_* module) {
  py::class_<Request, PythonOwned<Request>>(*module, "Request")
      .def("set_input", &SetInput, py::arg("index"), py::arg("array"))
      .def("set_output", &SetOutput, py::arg("index"), py::arg("array"))
      .def(
          "select_outputs",
          [](Request* request, const std::vector<size_t>& indices) {
            RaiseIfError(WithoutGil([&] { return request->SelectOutputsAt(indices); }));
          },
          py::arg("indices"))
      .def(
          "bind_state",
          [](Request* request, size_t output, size_t input) {
            RaiseIfError(WithoutGil([&] { return request->BindState(output, input); }));
          },
          py::arg("output"), py::arg("input"))
      .def("clear_states",
           [](Request* request) {
             RaiseIfError(WithoutGil([&] { return request->ClearStates(); }));
           })
      .def("run", &Run, py::arg("seconds"))
      .def("start",
           [](Request* request) { RaiseIfError(WithoutGil([&] { return request->Start(); })); })
      .def("wait", &Wait, py::arg("seconds"))
      .def("cancel", &Request::Cancel, py::call_guard<py::gil_scoped_release>())
      .def("get", &Get, py::arg("index"))
      .def_property_readonly("statistics", [](const Request& request) {
        return WithoutGil([&] { return request.statistics(); });
      });
}

}  // namespace

void AddModels(py::module_* module) {
  py::class_<Model, PythonOwned<Model>>(*module, "Model")
      .def_static("load", &LoadModel, py::arg("path"), py::arg("options"))
      .def_static("from_bytes", &ModelFromBytes, py::arg("model"), py::arg("data"),
                  py::arg("options"))
      .def_property_readonly("inputs", &Model::inputs)
      .def_property_readonly("outputs", &Model::outputs)
      .def_property_readonly("format", &Model::format)
      .def("save", &SaveModel, py::arg("path"), py::arg("data"), py::arg("half_weights"));
  py::class_<CompiledModel, PythonOwned<CompiledModel>>(*module, "CompiledModel")
      .def_static(
          "compile",
          [](const Model& model, const CompileOptions& options) {
            return Own(WithoutGil([&] { return CompiledModel::Compile(model, options); }));
          },
          py::arg("model"), py::arg("options"))
      .def_static(
          "load",
          [](const std::string& path, const LoadOptions& load_options,
             const CompileOptions& options) {
            return Own(
                WithoutGil([&] { return CompiledModel::Load(path, load_options, options); }));
          },
          py::arg("path"), py::arg("load_options"), py::arg("options"))
      .def_property_readonly("inputs", &CompiledModel::inputs)
      .def_property_readonly("outputs", &CompiledModel::outputs)
      .def(
          "prepare",
          [](CompiledModel* compiled, const DimsByName& dims,
             const std::vector<std::string>& outputs) {
            RaiseIfError(WithoutGil([&] { return compiled->Prepare(dims, outputs); }));
          },
          py::arg("dims"), py::arg("outputs"))
      .def("new_request",
           [](CompiledModel* compiled) {
             return Own(WithoutGil([&] { return compiled->NewRequest(); }));
           })
      .def("save_cache",
           [](CompiledModel* compiled) {
             RaiseIfError(WithoutGil([&] { return compiled->SaveCache(); }));
           })
      .def_property_readonly("statistics",
                             [](const CompiledModel& compiled) {
                               return WithoutGil([&] { return compiled.statistics(); });
                             })
      .def_property_readonly("note", [](const CompiledModel& compiled) {
        return WithoutGil([&] { return compiled.note(); });
      });
  AddRequest(module);
}

}  // namespace mace
