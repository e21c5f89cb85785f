// The C API: models.
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mace/engine/c_api.h"

using namespace mace::c_api;  // NOLINT: the definitions below are C's, without a namespace.

namespace {

mace::Status ReadValues(const mace_load_options& given, mace::LoadOptions* options) {
  if (given.values_count > 0) MACE_RETURN_IF_ERROR(CheckPresent({{"values", given.values}}));
  for (size_t i = 0; i < given.values_count; ++i) {
    const mace_named_tensor& value = given.values[i];
    MACE_RETURN_IF_ERROR(CheckPresent({{"values: name", value.name},  //
                                       {"values: tensor", value.tensor}}));
    options->values.insert_or_assign(value.name, value.tensor->tensor);
  }
  return mace::Status();
}

mace::MemoryBytes MemoryOf(const mace_bytes* bytes, Lent<mace_bytes>* lent) {
  mace::MemoryBytes memory;
  if (bytes != nullptr) memory = {bytes->data, bytes->size, lent->Take()};
  return memory;
}

mace::FileRange RangeOf(const mace_file_range* range) {
  return range == nullptr ? mace::FileRange()
                          : mace::FileRange{range->descriptor, range->offset, range->size};
}

// Calls `load` with the options, and puts the model into `*model`.
template <typename Load>
mace::Status LoadInto(const mace_load_options* options, const Load& load, mace_model** model) {
  MACE_ASSIGN_OR_RETURN(const mace::LoadOptions read, ReadLoadOptions(options));
  MACE_ASSIGN_OR_RETURN(mace::Model made, load(read));
  *model = new mace_model{std::move(made)};
  return mace::Status();
}

// Owns what the pointers of a mace_save_report point to.
struct SaveReportOwner {
  mace::SaveReport report;
  std::vector<const char*> beyond_upstream;
};

// A report of this size has room for its owner.
constexpr size_t kLeastReport = offsetof(mace_save_report, data_path);

mace_save_report Show(SaveReportOwner* owner) {
  const mace::SaveReport& from = owner->report;
  for (const std::string& line : from.beyond_upstream) {
    owner->beyond_upstream.push_back(line.c_str());
  }
  mace_save_report to = {};
  to.owner = owner;
  to.data_path = from.data_path.c_str();
  to.nodes = from.nodes;
  to.model_bytes = from.model_bytes;
  to.data_bytes = from.data_bytes;
  to.beyond_upstream = owner->beyond_upstream.data();
  to.beyond_upstream_count = owner->beyond_upstream.size();
  return to;
}

}  // namespace

mace::StatusOr<mace::LoadOptions> mace::c_api::ReadLoadOptions(const mace_load_options* options) {
  mace_load_options given = {};
  MACE_RETURN_IF_ERROR(ReadStruct("options", options, &given));
  mace::LoadOptions read;
  if (given.data_path != nullptr) read.data_path = given.data_path;
  MACE_ASSIGN_OR_RETURN(read.input_dims,
                        ReadNamedDims("input_dims", given.input_dims, given.input_dims_count));
  MACE_ASSIGN_OR_RETURN(read.dynamic_dims, ReadNamedDims("dynamic_dims", given.dynamic_dims,
                                                         given.dynamic_dims_count));
  MACE_ASSIGN_OR_RETURN(read.inputs, ReadNames("inputs", given.inputs, given.inputs_count));
  MACE_ASSIGN_OR_RETURN(read.outputs, ReadNames("outputs", given.outputs, given.outputs_count));
  MACE_RETURN_IF_ERROR(ReadValues(given, &read));
  read.host_memory_limit = given.host_memory_limit;
  if (given.signature != nullptr) read.signature = given.signature;
  return read;
}

void mace_load_options_init(mace_load_options* options, size_t struct_size) {
  if (options != nullptr) FillStruct(mace_load_options(), struct_size, options);
}

mace_status_code mace_model_load(const char* path, const mace_load_options* options,
                                 mace_model** model) {
  return Guard([&]() -> mace::Status {
    if (model != nullptr) *model = nullptr;
    MACE_RETURN_IF_ERROR(CheckPresent({{"path", path}, {"model", model}}));
    const auto load = [&](const mace::LoadOptions& read) { return mace::Model::Load(path, read); };
    return LoadInto(options, load, model);
  });
}

mace_status_code mace_model_from_bytes(const mace_bytes* bytes, const mace_bytes* weights,
                                       const mace_load_options* options, mace_model** model) {
  return Guard([&]() -> mace::Status {
    Lent<mace_bytes> lent(bytes), lent_weights(weights);
    if (model != nullptr) *model = nullptr;
    MACE_RETURN_IF_ERROR(CheckPresent({{"bytes", bytes}, {"model", model}}));
    const auto load = [&](const mace::LoadOptions& read) {
      return mace::Model::FromBytes(MemoryOf(bytes, &lent), MemoryOf(weights, &lent_weights), read);
    };
    return LoadInto(options, load, model);
  });
}

mace_status_code mace_model_from_descriptor(const mace_file_range* range,
                                            const mace_file_range* weights,
                                            const mace_load_options* options, mace_model** model) {
  return Guard([&]() -> mace::Status {
    if (model != nullptr) *model = nullptr;
    MACE_RETURN_IF_ERROR(CheckPresent({{"range", range}, {"model", model}}));
    const auto load = [&](const mace::LoadOptions& read) {
      return mace::Model::FromDescriptor(RangeOf(range), RangeOf(weights), read);
    };
    return LoadInto(options, load, model);
  });
}

void mace_model_free(mace_model* model) { delete model; }

size_t mace_model_input_count(const mace_model* model) {
  return model == nullptr ? 0 : model->model.inputs().size();
}

size_t mace_model_output_count(const mace_model* model) {
  return model == nullptr ? 0 : model->model.outputs().size();
}

mace_status_code mace_model_input(const mace_model* model, size_t index, mace_tensor_spec* spec) {
  return Guard([&]() -> mace::Status {
    MACE_RETURN_IF_ERROR(CheckPresent({{"model", model}, {"spec", spec}}));
    return WriteSpec(model->model.inputs(), "input", index, spec);
  });
}

mace_status_code mace_model_output(const mace_model* model, size_t index, mace_tensor_spec* spec) {
  return Guard([&]() -> mace::Status {
    MACE_RETURN_IF_ERROR(CheckPresent({{"model", model}, {"spec", spec}}));
    return WriteSpec(model->model.outputs(), "output", index, spec);
  });
}

const char* mace_model_input_dim_name(const mace_model* model, size_t index, size_t axis) {
  return model == nullptr ? "" : DimName(model->model.inputs(), index, axis);
}

const char* mace_model_output_dim_name(const mace_model* model, size_t index, size_t axis) {
  return model == nullptr ? "" : DimName(model->model.outputs(), index, axis);
}

const char* mace_model_format(const mace_model* model) {
  return model == nullptr ? "" : model->model.format().c_str();
}

void mace_save_options_init(mace_save_options* options, size_t struct_size) {
  if (options != nullptr) FillStruct(mace_save_options(), struct_size, options);
}

mace_status_code mace_model_save(const mace_model* model, const char* path,
                                 const mace_save_options* options, mace_save_report* report) {
  return Guard([&]() -> mace::Status {
    MACE_RETURN_IF_ERROR(CheckPresent({{"model", model}, {"path", path}}));
    mace_save_options given = {};
    MACE_RETURN_IF_ERROR(ReadStruct("options", options, &given));
    if (given.reserved != 0) {
      return mace::InvalidArgument("reserved: expected 0, found " + std::to_string(given.reserved));
    }
    mace::SaveOptions read;
    if (given.data_path != nullptr) read.data_path = given.data_path;
    read.half_weights = given.half_weights != 0;
    // A struct that is too small is refused before a file is written.
    if (report != nullptr) {
      MACE_RETURN_IF_ERROR(CheckStructSize("report", report->struct_size, kLeastReport));
    }
    MACE_ASSIGN_OR_RETURN(mace::SaveReport saved, model->model.Save(path, read));
    if (report == nullptr) return mace::Status();
    auto owner = std::make_unique<SaveReportOwner>();
    owner->report = std::move(saved);
    MACE_RETURN_IF_ERROR(WriteStruct("report", Show(owner.get()), kLeastReport, report));
    owner.release();  // mace_save_report_clear frees it.
    return mace::Status();
  });
}

void mace_save_report_clear(mace_save_report* report) {
  if (report == nullptr || report->struct_size < kLeastReport) return;
  delete static_cast<SaveReportOwner*>(report->owner);
  FillStruct(mace_save_report(), report->struct_size, report);
}
