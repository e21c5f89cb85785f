#include "mace/api/model.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "mace/base/catch_exhaustion.h"
#include "mace/base/files.h"
#include "mace/engine/file_range_check.h"
#include "mace/engine/memory_limits.h"
#include "mace/engine/model_state.h"
#include "mace/engine/request_state.h"
#include "mace/engine/tensor_access.h"
#include "mace/execute/io_types.h"

namespace mace {
namespace {

StatusOr<ImportOptions> ImportOptionsOf(const LoadOptions& options) {
  ImportOptions import;
  import.data_path = options.data_path;
  import.input_shapes = options.input_dims;
  import.dynamic_shapes = options.dynamic_dims;
  import.inputs = options.inputs;
  import.outputs = options.outputs;
  import.signature = options.signature;
  import.read_weights_later = true;
  for (const auto& [name, tensor] : options.values) {
    if (!tensor.status().ok()) return tensor.status().WithPrefix("value of '" + name + "'");
    if (tensor.empty()) {
      return InvalidArgument("value of '" + name + "': expected a tensor, found none");
    }
    if (!TensorAccess::BufferOf(tensor).empty()) {
      return InvalidArgument("value of '" + name +
                             "': expected a tensor in host memory, found an OpenCL buffer");
    }
    import.input_values.emplace(name, TensorAccess::ToHost(tensor));
  }
  return import;
}

// The inputs or outputs for the caller. `given`: dims that replace the file's, by name.
std::vector<TensorSpec> SpecsOf(const Graph& graph, const std::vector<IoInfo>& infos,
                                const DimsByName& given = DimsByName()) {
  std::vector<TensorSpec> specs;
  for (const IoInfo& io : infos) {
    const TensorInfo& info = graph.value(io.value).info;
    TensorSpec spec;
    spec.name = io.name;
    spec.dtype = ShownType(io, info.dtype);
    const auto found = given.find(io.name);
    spec.dims = found != given.end() ? found->second : io.declared_dims.value_or(info.shape.dims());
    for (int64_t& dim : spec.dims) dim = std::max<int64_t>(dim, -1);
    spec.layout = io.layout;
    // If the file names another number of dims, its names do not fit these dims.
    if (io.dim_names.size() == spec.dims.size()) spec.dim_names = io.dim_names;
    spec.dim_names.resize(spec.dims.size());
    specs.push_back(std::move(spec));
  }
  return specs;
}

// The outputs of a model whose shapes depend on run values. `begin` has what the file declares.
std::vector<TensorSpec> OutputsOf(const Graph& begin, const RunValueModel& model) {
  std::vector<TensorSpec> specs;
  if (model.guess != nullptr) {
    specs = SpecsOf(*model.guess, model.guess->outputs);
    for (size_t i = 0; i < specs.size(); ++i) {
      specs[i].dims = model.output_dims[i];
      specs[i].dim_names.resize(specs[i].dims.size());
    }
    return specs;
  }
  for (const IoInfo& io : begin.outputs) {
    TensorSpec spec;
    spec.name = io.name;
    spec.dtype = io.dtype;
    spec.dims = io.declared_dims.value_or(std::vector<int64_t>{-1});
    for (int64_t& dim : spec.dims) dim = std::max<int64_t>(dim, -1);
    spec.dim_names.resize(spec.dims.size());
    specs.push_back(std::move(spec));
  }
  return specs;
}

// The bytes of a part of a file, copied into memory. A whole file is not copied: its parts are read
// when they are needed.
StatusOr<ByteSource> OpenRange(const FileRange& range, const std::string& name) {
  if (range.descriptor < 0) {
    return InvalidArgument(name + ": expected an open descriptor, found " +
                           std::to_string(range.descriptor));
  }
  const int own = dup(range.descriptor);
  if (own < 0) return IoError(name + ": the descriptor cannot be duplicated");
  MACE_ASSIGN_OR_RETURN(std::unique_ptr<RandomAccessFile> file,
                        RandomAccessFile::FromDescriptor(name, own));
  const uint64_t all = file->size();
  MACE_RETURN_IF_ERROR(CheckFileRange(range, all, name));
  const uint64_t size = range.size == 0 ? all - range.offset : range.size;
  if (range.offset == 0 && size == all) {
    return ByteSource::InFile(std::shared_ptr<const RandomAccessFile>(std::move(file)));
  }
  MACE_ASSIGN_OR_RETURN(HostTensor bytes,
                        HostTensor::Allocate({DType::kUInt8, Shape({static_cast<int64_t>(size)})}));
  const MutableBytes to(bytes.mutable_data<uint8_t>(), static_cast<size_t>(size));
  MACE_RETURN_IF_ERROR(file->ReadAt(range.offset, to));
  return ByteSource::InMemory(to, std::make_shared<HostTensor>(std::move(bytes)));
}

// Calls the function that it holds once, when it is destroyed.
class Release {
 public:
  explicit Release(std::function<void()> call) : call_(std::move(call)) {}
  Release(Release&& other) noexcept : call_(std::exchange(other.call_, nullptr)) {}
  ~Release() {
    if (call_) call_();
  }
  bool empty() const { return !call_; }

 private:
  std::function<void()> call_;
};

// `release` frees `bytes`. If a source is made, `release` moves into it, otherwise it stays with
// the caller.
StatusOr<ByteSource> TakeBytes(const MemoryBytes& bytes, Release* release) {
  const auto* const data = static_cast<const uint8_t*>(bytes.data);
  if (data == nullptr && bytes.size > 0) {
    return InvalidArgument("model in memory: expected the address of " +
                           std::to_string(bytes.size) + " bytes, found a null pointer");
  }
  if (!release->empty()) {
    return ByteSource::InMemory(Bytes(data, bytes.size),
                                std::make_shared<Release>(std::move(*release)));
  }
  if (bytes.size == 0) return ByteSource::InMemory(Bytes(), nullptr);
  auto copy = std::make_shared<std::vector<uint8_t>>(data, data + bytes.size);
  return ByteSource::InMemory(*copy, copy);
}

// Sets to -1 the extents of outputs without declared dims that depend on dynamic extents of inputs.
// A dynamic extent is 1 in the model's graph; a second import with another value shows which
// extents change.
void MarkDynamicOutputs(Model::State* state) {
  constexpr int64_t kOther = 2;
  DimsByName other_dims;
  for (const TensorSpec& input : state->inputs) {
    std::vector<int64_t> dims = input.dims;
    std::replace(dims.begin(), dims.end(), int64_t{-1}, kOther);
    if (dims != input.dims) other_dims[input.name] = std::move(dims);
  }
  const auto is_undeclared = [](const IoInfo& io) { return !io.declared_dims.has_value(); };
  const std::vector<IoInfo>& infos = state->graph->outputs;
  if (other_dims.empty() || !std::any_of(infos.begin(), infos.end(), is_undeclared)) return;
  const StatusOr<std::shared_ptr<const Graph>> other = ImportWithDims(*state, other_dims);
  // If the model cannot be imported with such dims, a caller who asks for them gets the error.
  if (!other.ok() || (*other)->outputs.size() != infos.size()) return;
  for (size_t i = 0; i < infos.size(); ++i) {
    std::vector<int64_t>& dims = state->outputs[i].dims;
    const Shape& shape = (*other)->value((*other)->outputs[i].value).info.shape;
    if (!is_undeclared(infos[i]) || shape.dims().size() != dims.size()) continue;
    for (size_t axis = 0; axis < dims.size(); ++axis) {
      if (dims[axis] != shape.dims()[axis]) dims[axis] = -1;
    }
  }
}

StatusOr<std::shared_ptr<const Model::State>> Import(std::shared_ptr<ModelFiles> files,
                                                     const LoadOptions& options) {
  auto state = std::make_shared<Model::State>();
  MACE_ASSIGN_OR_RETURN(state->import, ImportOptionsOf(options));
  state->import.derived = std::make_shared<DerivedConstants>();
  state->files = std::move(files);
  MACE_ASSIGN_OR_RETURN(const AskedGraph imported, ImportAsking(state->files, state->import));
  const std::shared_ptr<const Graph>& graph = imported.graph;
  state->inputs = SpecsOf(*graph, graph->inputs, options.input_dims);
  if (imported.asked.stops()) {
    MACE_ASSIGN_OR_RETURN(state->run_values, ExamineRunValues(state->files, state->import));
    state->outputs = OutputsOf(*graph, *state->run_values);
  } else {
    state->outputs = SpecsOf(*graph, graph->outputs);
  }
  for (const auto& [name, dims] : options.input_dims) {
    const Status found = FindSpec(state->inputs, "input", name).status();
    if (!found.ok()) return found.WithPrefix(state->files->name() + ": input dims");
  }
  state->graph = graph;
  if (state->run_values != nullptr && state->run_values->guess != nullptr) {
    state->graph = state->run_values->guess;
  }
  if (state->run_values == nullptr) MarkDynamicOutputs(state.get());
  return std::shared_ptr<const Model::State>(std::move(state));
}

// `open` gives the files. The memory that `open` and the import take counts against the options'
// limit.
template <typename Open>
StatusOr<std::shared_ptr<const Model::State>> LoadFrom(const LoadOptions& options,
                                                       const Open& open) {
  return CatchExhaustion([&]() -> StatusOr<std::shared_ptr<const Model::State>> {
    const ScopedMemoryBudget scope(HostMemoryBudget(options.host_memory_limit));
    MACE_ASSIGN_OR_RETURN(std::shared_ptr<ModelFiles> files, open());
    return Import(std::move(files), options);
  });
}

}  // namespace

Model::Model() = default;
Model::Model(std::shared_ptr<const State> state) : state_(std::move(state)) {}
Model::~Model() = default;
Model::Model(const Model&) = default;
Model& Model::operator=(const Model&) = default;
Model::Model(Model&&) noexcept = default;
Model& Model::operator=(Model&&) noexcept = default;

StatusOr<std::shared_ptr<const Model::State>> LoadModelState(const std::string& path,
                                                             const LoadOptions& options) {
  if (path.empty()) return InvalidArgument("model: expected a file, found an empty name");
  return LoadFrom(options, [&] { return ModelFiles::Open(path, options.data_path); });
}

StatusOr<Model> Model::Load(const std::string& path, const LoadOptions& options) {
  MACE_ASSIGN_OR_RETURN(std::shared_ptr<const State> state, LoadModelState(path, options));
  return Model(std::move(state));
}

StatusOr<Model> Model::FromBytes(MemoryBytes model, MemoryBytes weights,
                                 const LoadOptions& options) {
  // These come first, so that `release` is called on every path.
  Release of_model(std::exchange(model.release, nullptr));
  Release of_weights(std::exchange(weights.release, nullptr));
  MACE_ASSIGN_OR_RETURN(std::shared_ptr<const State> state,
                        LoadFrom(options, [&]() -> StatusOr<std::shared_ptr<ModelFiles>> {
                          MACE_ASSIGN_OR_RETURN(ByteSource a, TakeBytes(model, &of_model));
                          MACE_ASSIGN_OR_RETURN(ByteSource b, TakeBytes(weights, &of_weights));
                          return ModelFiles::InMemory("model in memory", std::move(a),
                                                      std::move(b));
                        }));
  return Model(std::move(state));
}

StatusOr<Model> Model::FromDescriptor(FileRange model, FileRange weights,
                                      const LoadOptions& options) {
  MACE_ASSIGN_OR_RETURN(
      std::shared_ptr<const State> state,
      LoadFrom(options, [&]() -> StatusOr<std::shared_ptr<ModelFiles>> {
        MACE_ASSIGN_OR_RETURN(ByteSource a, OpenRange(model, "model by descriptor"));
        ByteSource b;
        if (weights.descriptor >= 0) {
          MACE_ASSIGN_OR_RETURN(b, OpenRange(weights, "weights by descriptor"));
        }
        return ModelFiles::InMemory("model by descriptor", std::move(a), std::move(b));
      }));
  return Model(std::move(state));
}

const std::vector<TensorSpec>& Model::inputs() const {
  static const std::vector<TensorSpec> kNone;
  return state_ == nullptr ? kNone : state_->inputs;
}

const std::vector<TensorSpec>& Model::outputs() const {
  static const std::vector<TensorSpec> kNone;
  return state_ == nullptr ? kNone : state_->outputs;
}

const std::string& Model::format() const {
  static const std::string kNone;
  return state_ == nullptr ? kNone : state_->graph->source_format;
}

Model ModelAccess::FromGraph(std::shared_ptr<const Graph> graph) {
  auto state = std::make_shared<Model::State>();
  state->inputs = SpecsOf(*graph, graph->inputs);
  state->outputs = SpecsOf(*graph, graph->outputs);
  state->graph = std::move(graph);
  return Model(std::move(state));
}

Status RefuseRunValues(const Model::State& model, const std::string& what) {
  if (model.run_values == nullptr) return Status();
  return Unsupported(what +
                     ": expected a model whose shapes follow from the shapes of its inputs, found "
                     "one whose shapes depend on values that only a run gives");
}

StatusOr<AskedGraph> ImportAsking(const Model::State& model, const DimsByName& input_dims,
                                  const RunValues& run_values) {
  ImportOptions import = model.import;
  import.run_values = run_values;
  import.run_values.names_by_content = true;
  for (const auto& [name, dims] : input_dims) import.input_shapes[name] = dims;
  return ImportAsking(model.files, std::move(import));
}

StatusOr<std::shared_ptr<const Graph>> ImportWithDims(const Model::State& model,
                                                      const DimsByName& input_dims) {
  if (model.files == nullptr) return model.graph;
  ImportOptions import = model.import;
  for (const auto& [name, dims] : input_dims) import.input_shapes[name] = dims;
  MACE_ASSIGN_OR_RETURN(std::shared_ptr<Graph> graph, ImportModel(model.files, import));
  return std::shared_ptr<const Graph>(std::move(graph));
}

}  // namespace mace
