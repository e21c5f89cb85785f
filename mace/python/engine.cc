#include "mace/python/engine.h"

#include <pybind11/stl.h>

#include <memory>
#include <utility>

#include "mace/base/catch_exhaustion.h"
#include "mace/base/memory_budget.h"
#include "mace/cl/device.h"
#include "mace/engine/engine.h"
#include "mace/import/import.h"
#include "mace/python/arrays.h"
#include "mace/python/python_engine.h"
#include "mace/runtime/memory_limits.h"

namespace mace {

namespace py = pybind11;

namespace {

// The value of a word among `words`; raises ValueError with all of them.
template <typename T>
T Choose(const char* option, const std::string& word,
         const std::vector<std::pair<const char*, T>>& words) {
  std::string all;
  for (const auto& [name, value] : words) {
    if (word == name) return value;
    all += (all.empty() ? "" : ", ") + std::string(name);
  }
  throw py::value_error(std::string(option) + ": expected one of " + all + ", found '" + word +
                        "'");
}

py::list DescribePorts(const std::vector<Port>& ports) {
  py::list list;
  for (const Port& port : ports) {
    py::dict entry;
    entry["name"] = port.name;
    entry["shape"] = py::tuple(py::cast(port.info.shape.dims()));
    entry["dtype"] = DTypeName(port.info.dtype);
    entry["layout"] = port.layout;
    list.append(entry);
  }
  return list;
}

py::dict DescribeStats(const RunStats& stats) {
  py::list cpu_ops;
  for (const CpuOp& op : stats.cpu_op_list) {
    py::dict entry;
    entry["name"] = op.name;
    entry["type"] = op.type;
    entry["why"] = op.why;
    cpu_ops.append(entry);
  }
  py::dict ops, cache, tuning, all;
  ops["gpu_image"] = stats.gpu_image_ops;
  ops["gpu_buffer"] = stats.gpu_buffer_ops;
  ops["cpu"] = stats.cpu_ops;
  ops["folded"] = stats.folded_ops;
  ops["cpu_ops"] = cpu_ops;
  cache["file"] = stats.cache.file;
  cache["status"] = stats.cache.status;
  cache["reason"] = stats.cache.reason;
  cache["hits"] = stats.cache.hits;
  cache["misses"] = stats.cache.misses;
  cache["built_from_source"] = stats.cache.built_from_source;
  cache["loaded_bytes"] = stats.cache.loaded_bytes;
  cache["written_ms"] = stats.cache.written_ms;
  tuning["plan"] = stats.tuning.plan;
  tuning["level"] = stats.tuning.level;
  tuning["measured"] = stats.tuning.measured;
  tuning["ms"] = stats.tuning.ms;
  all["device"] = stats.device;
  all["driver"] = stats.driver;
  all["init_ms"] = stats.init_ms;
  all["device_open_ms"] = stats.device_open_ms;
  all["program_ms"] = stats.program_ms;
  all["batch_slices"] = stats.batch_slices;
  all["launches_per_run"] = stats.launches_per_run;
  all["peak_device_bytes"] = stats.peak_device_bytes;
  all["ops"] = ops;
  all["cache"] = cache;
  all["tuning"] = tuning;
  return all;
}

// What the keyword arguments of Engine() say.
Options ToOptions(const py::kwargs& words) {
  Options options;
  for (const auto& [key, value] : words) {
    const std::string name = py::cast<std::string>(key);
    if (name == "device") {
      options.device = py::cast<std::string>(value);
    } else if (name == "memory") {
      options.memory = Choose<MemoryChoice>("memory", py::cast<std::string>(value),
                                            {{"auto", MemoryChoice::kAuto},
                                             {"image", MemoryChoice::kImage},
                                             {"buffer", MemoryChoice::kBuffer}});
    } else if (name == "precision") {
      const std::string precision = py::cast<std::string>(value);
      options.precision = Choose<Precision>("precision", precision,
                                            {{"fp32", Precision::kFloat32},
                                             {"tf32", Precision::kFloat32},
                                             {"fp16", Precision::kFloat16}});
      options.allow_tf32 = precision == "tf32";
    } else if (name == "tuning") {
      options.tuning.level = Choose<TuningLevel>("tuning", py::cast<std::string>(value),
                                                 {{"none", TuningLevel::kNone},
                                                  {"fast", TuningLevel::kFast},
                                                  {"full", TuningLevel::kFull}});
    } else if (name == "environment") {
      options.environment = Choose<EnvironmentUse>(
          "environment", py::cast<std::string>(value),
          {{"when_needed", EnvironmentUse::kWhenNeeded}, {"never", EnvironmentUse::kNever}});
    } else if (name == "kept_plans") {
      options.kept_plans = py::cast<size_t>(value);
    } else if (name == "kept_plan_bytes") {
      options.kept_plan_bytes = py::cast<uint64_t>(value);
    } else if (name == "allow_fallback") {
      options.allow_fallback = py::cast<bool>(value);
    } else if (name == "host_memory_limit") {
      options.host_memory_limit = py::cast<uint64_t>(value);
    } else if (name == "device_memory_limit") {
      options.device_memory_limit = py::cast<uint64_t>(value);
    } else if (name == "cache") {
      options.cache_path = value.is_none() ? "" : py::str(value).cast<std::string>();
    } else if (name == "cache_read_only") {
      options.cache_read_only = py::cast<bool>(value);
    } else if (name == "cache_public_key") {
      options.cache_public_key = py::cast<std::string>(value);
    } else if (name == "cache_min_generation") {
      options.cache_min_generation = py::cast<uint32_t>(value);
    } else if (name == "cache_allow_shared") {
      options.cache_allow_shared = py::cast<bool>(value);
    } else if (name == "cache_size_limit") {
      options.cache_size_limit = py::cast<uint64_t>(value);
    } else if (name == "data") {
      options.data_path = value.is_none() ? "" : py::str(value).cast<std::string>();
    } else if (name == "input_shapes") {
      options.input_shapes = py::cast<std::map<std::string, std::vector<int64_t>>>(value);
    } else if (name == "open_shapes") {
      options.open_shapes = py::cast<std::map<std::string, std::vector<int64_t>>>(value);
    } else if (name == "inputs") {
      options.inputs = py::cast<std::vector<std::string>>(value);
    } else if (name == "outputs") {
      options.outputs = py::cast<std::vector<std::string>>(value);
    } else if (name == "input_values") {
      for (const auto& [input, array] : py::cast<py::dict>(value)) {
        const std::string input_name = py::cast<std::string>(input);
        options.input_values[input_name] = TensorFromAnyArray(array, input_name);
      }
    } else {
      throw py::type_error("Engine() got an unexpected keyword argument '" + name + "'");
    }
  }
  return options;
}

std::shared_ptr<PythonEngine> Open(const py::object& model, const py::kwargs& words) {
  const Options options = ToOptions(words);
  const std::string path = py::str(model).cast<std::string>();
  StatusOr<std::unique_ptr<Engine>> engine = Internal("not made");
  {
    py::gil_scoped_release release;
    engine = CatchExhaustion([&] { return Engine::Create(path, options); });
  }
  RaiseIfError(engine.status());
  return std::make_shared<PythonEngine>(*std::move(engine));
}

std::shared_ptr<PythonEngine> OpenBytes(const py::bytes& model, const py::bytes& weights,
                                        const py::kwargs& words) {
  const Options options = ToOptions(words);
  const std::string model_bytes = model, weight_bytes = weights;
  StatusOr<std::unique_ptr<Engine>> engine = Internal("not made");
  {
    py::gil_scoped_release release;
    ImportOptions import;
    import.input_shapes = options.input_shapes;
    import.open_shapes = options.open_shapes;
    import.inputs = options.inputs;
    import.outputs = options.outputs;
    import.input_values = options.input_values;
    const auto bytes_of = [](const std::string& text) {
      return Bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size());
    };
    const ScopedMemoryBudget budget(HostMemoryBudget(options));
    StatusOr<std::shared_ptr<Graph>> graph = CatchExhaustion([&] {
      return ImportModelBytes("model", bytes_of(model_bytes), bytes_of(weight_bytes), import);
    });
    engine = graph.ok() ? Engine::Create(std::shared_ptr<const Graph>(*graph), options)
                        : StatusOr<std::unique_ptr<Engine>>(graph.status());
  }
  RaiseIfError(engine.status());
  return std::make_shared<PythonEngine>(*std::move(engine));
}

py::list Devices() {
  StatusOr<std::vector<ClDeviceEntry>> devices = Internal("not listed");
  {
    py::gil_scoped_release release;
    devices = ListClDevices();
  }
  RaiseIfError(devices.status());
  py::list list;
  for (const ClDeviceEntry& entry : *devices) {
    py::dict described;
    described["name"] = entry.info.name;
    described["vendor"] = entry.info.vendor_name;
    described["platform"] = entry.info.platform_name;
    described["driver_version"] = entry.info.driver_version;
    described["device_version"] = entry.info.device_version;
    described["is_gpu"] = entry.info.kind == DeviceKind::kGpu;
    list.append(described);
  }
  return list;
}

}  // namespace

void AddEngine(py::module_* module) {
  py::class_<PythonEngine, std::shared_ptr<PythonEngine>>(*module, "Engine")
      .def(py::init(&Open), py::arg("model"))
      .def_static("from_bytes", &OpenBytes, py::arg("model"), py::arg("weights") = py::bytes())
      .def(
          "run",
          [](PythonEngine& self, const py::dict& inputs) {
            const std::vector<HostTensor> outputs = self.Run(inputs);
            py::dict result;
            for (size_t i = 0; i < outputs.size(); ++i) {
              result[py::str(self.outputs()[i].name)] = ArrayFromTensor(outputs[i]);
            }
            return result;
          },
          py::arg("inputs"))
      .def("finish_cache", &PythonEngine::FinishCache)
      .def("close", &PythonEngine::Close)
      .def("__enter__", [](const std::shared_ptr<PythonEngine>& self) { return self; })
      .def("__exit__", [](PythonEngine& self, const py::args&) { self.Close(); })
      .def_property_readonly("inputs",
                             [](PythonEngine& self) { return DescribePorts(self.inputs()); })
      .def_property_readonly("outputs",
                             [](PythonEngine& self) { return DescribePorts(self.outputs()); })
      .def_property_readonly("stats",
                             [](PythonEngine& self) { return DescribeStats(self.Stats()); })
      .def_property_readonly("note", &PythonEngine::Note);
  module->def("devices", &Devices);
}

}  // namespace mace
