// The C API through its header alone: options, models, tensors, errors and refusals.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "mace/mace_c.h"
#include "mace/testing/c_api_objects.h"

namespace {

using namespace mace::c_api_testing;  // NOLINT: the names of this test's own objects.

TEST(CApiOptions, TellWhatIsWrongWithThem) {
  const Model model = Load();
  mace_compiled_model* compiled = nullptr;
  const auto compile = [&](const mace_compile_options& options) {
    const mace_status_code code = mace_compile(model.get(), &options, &compiled);
    mace_compiled_model_free(compiled);
    return code;
  };
  mace_compile_options defaults;
  mace_compile_options_init(&defaults, sizeof(defaults));
  EXPECT_EQ(uint64_t{256} << 20, defaults.cache_size_limit);
  EXPECT_EQ(1, defaults.allow_cpu_fallback);
  defaults.device = "cpu";
  mace_compile_options options = defaults;
  options.precision = 3;
  EXPECT_NAMES("precision", compile(options));
  options = defaults;
  options.storage = -1;
  EXPECT_NAMES("storage", compile(options));
  options = defaults;
  options.tuning = 99;
  EXPECT_NAMES("tuning", compile(options));
  options = defaults;
  options.reserved = 1;
  EXPECT_NAMES("reserved", compile(options));
  options = defaults;
  options.struct_size = 0;
  EXPECT_NAMES("options", compile(options));
  options = defaults;
  options.device = "gpu:no such device";
  EXPECT_EQ(MACE_DEVICE_ERROR, compile(options)) << LastError();
  EXPECT_EQ(nullptr, compiled);
}

TEST(CApiOptions, OfOlderAndNewerPrograms) {
  const Model model = Load();
  mace_compiled_model* compiled = nullptr;
  // A program compiled when the struct had only its first two members; the others are not read.
  mace_compile_options old;
  std::memset(&old, 0xee, sizeof(old));
  mace_compile_options_init(&old, offsetof(mace_compile_options, storage));
  EXPECT_EQ(static_cast<mace_storage>(0xeeeeeeee), old.storage);
  old.device = "cpu";
  EXPECT_OK(mace_compile(model.get(), &old, &compiled));
  mace_compiled_model_free(compiled);
  // A program compiled against a newer header with one more member.
  struct {
    mace_compile_options options;
    uint64_t added;
  } newer;
  mace_compile_options_init(&newer.options, sizeof(newer));
  EXPECT_EQ(0u, newer.added);
  newer.options.device = "cpu";
  EXPECT_OK(mace_compile(model.get(), &newer.options, &compiled));
  mace_compiled_model_free(compiled);
  newer.added = 1;
  EXPECT_EQ(MACE_UNSUPPORTED, mace_compile(model.get(), &newer.options, &compiled));
  EXPECT_EQ(nullptr, compiled);
  // The library fills no more members than the caller has room for.
  mace_tensor_spec spec = EmptySpec();
  spec.dtype = -5;
  spec.struct_size = offsetof(mace_tensor_spec, dtype);
  EXPECT_OK(mace_model_input(model.get(), 0, &spec));
  EXPECT_STREQ("input", spec.name);
  EXPECT_EQ(-5, spec.dtype);
}

TEST(CApiModels, SayWhatTheyAre) {
  const Model model = Load("models/digits/digits.onnx");
  EXPECT_STREQ("onnx", mace_model_format(model.get()));
  ASSERT_EQ(1u, mace_model_input_count(model.get()));
  ASSERT_EQ(1u, mace_model_output_count(model.get()));
  mace_tensor_spec spec = EmptySpec();
  ASSERT_OK(mace_model_input(model.get(), 0, &spec));
  EXPECT_STREQ("input", spec.name);
  EXPECT_STREQ("NCHW", spec.layout);
  EXPECT_EQ(MACE_DTYPE_FLOAT32, spec.dtype);
  ASSERT_EQ(4u, spec.rank);
  EXPECT_EQ(8, spec.dims[3]);
  ASSERT_OK(mace_model_output(model.get(), 0, &spec));
  EXPECT_STREQ("output", spec.name);
  EXPECT_EQ(MACE_NOT_FOUND, mace_model_output(model.get(), 1, &spec));
}

// An ONNX model of y = Relu(x), x of float32 [batch, 2].
std::string ModelWithNamedDim() {
  const auto field = [](int number, const std::string& bytes) {
    return std::string{static_cast<char>(number << 3 | 2), static_cast<char>(bytes.size())} + bytes;
  };
  const std::string dims = field(1, field(2, "batch")) + field(1, "\x08\x02");
  const std::string type = field(1, "\x08\x01" + field(2, dims));
  const std::string node = field(1, "x") + field(2, "y") + field(4, "Relu");
  const std::string graph = field(1, node) + field(11, field(1, "x") + field(2, type)) +
                            field(12, field(1, "y") + field(2, type));
  return "\x08\x08" + field(7, graph) + field(8, "\x10\x11");
}

TEST(CApiModels, NameDynamicExtents) {
  const std::string onnx = ModelWithNamedDim();
  const mace_bytes bytes = {onnx.data(), onnx.size(), nullptr, nullptr};
  mace_model* made = nullptr;
  ASSERT_OK(mace_model_from_bytes(&bytes, nullptr, nullptr, &made));
  const Model model(made);
  mace_tensor_spec spec = EmptySpec();
  ASSERT_OK(mace_model_input(model.get(), 0, &spec));
  EXPECT_EQ(-1, spec.dims[0]);
  EXPECT_STREQ("batch", mace_model_input_dim_name(model.get(), 0, 0));
  EXPECT_STREQ("batch", mace_model_output_dim_name(model.get(), 0, 0));
  EXPECT_STREQ("", mace_model_input_dim_name(model.get(), 0, 1));
  EXPECT_STREQ("", mace_model_input_dim_name(model.get(), 0, 2));
  EXPECT_STREQ("", mace_model_output_dim_name(model.get(), 1, 0));
  EXPECT_STREQ("", mace_model_input_dim_name(nullptr, 0, 0));
  mace_compile_options options;
  mace_compile_options_init(&options, sizeof(options));
  options.device = "cpu";
  mace_compiled_model* compiled = nullptr;
  ASSERT_OK(mace_compile(model.get(), &options, &compiled));
  EXPECT_STREQ("batch", mace_compiled_model_input_dim_name(compiled, 0, 0));
  EXPECT_STREQ("batch", mace_compiled_model_output_dim_name(compiled, 0, 0));
  EXPECT_STREQ("", mace_compiled_model_output_dim_name(nullptr, 0, 0));
  mace_compiled_model_free(compiled);
}

TEST(CApiModels, AreSaved) {
  const Model model = Load("models/digits/digits.onnx");
  const std::string path = testing::TempDir() + "c_api_saved.pb";
  const std::string data = testing::TempDir() + "c_api_weights";
  ASSERT_OK(mace_model_save(model.get(), path.c_str(), nullptr, nullptr));
  const Model again = Load(path.c_str());
  EXPECT_STREQ("mace", mace_model_format(again.get()));
  mace_save_options options;
  mace_save_options_init(&options, sizeof(options));
  options.data_path = data.c_str();
  options.half_weights = 1;
  mace_save_report report = {};
  EXPECT_NAMES("report", mace_model_save(model.get(), path.c_str(), &options, &report));
  report.struct_size = sizeof(report);
  ASSERT_OK(mace_model_save(model.get(), path.c_str(), &options, &report));
  EXPECT_EQ(data, report.data_path);
  EXPECT_EQ(ReadAll(data).size(), report.data_bytes);
  EXPECT_EQ(ReadAll(path).size(), report.model_bytes);
  EXPECT_LT(0u, report.nodes);
  EXPECT_EQ(0u, report.beyond_upstream_count);
  mace_save_report_clear(&report);
  EXPECT_EQ(nullptr, report.data_path);
  mace_save_report_clear(&report);
  mace_save_report_clear(nullptr);
  options.reserved = 1;
  EXPECT_NAMES("reserved", mace_model_save(model.get(), path.c_str(), &options, nullptr));
  EXPECT_NAMES("path", mace_model_save(model.get(), nullptr, nullptr, nullptr));
  EXPECT_NAMES("model", mace_model_save(nullptr, path.c_str(), nullptr, nullptr));
}

TEST(CApiModels, TakeOptions) {
  const int64_t dims[] = {2, 8, 8, 1};
  const mace_named_dims input = {"input", dims, 4};
  mace_load_options options;
  mace_load_options_init(&options, sizeof(options));
  options.input_dims = &input;
  options.input_dims_count = 1;
  const Model model = Load(kModel, &options);
  mace_tensor_spec spec = EmptySpec();
  ASSERT_OK(mace_model_input(model.get(), 0, &spec));
  EXPECT_EQ(2, spec.dims[0]);

  mace_model* none = nullptr;
  options.input_dims = nullptr;
  EXPECT_NAMES("input_dims", mace_model_load(kModel, &options, &none));
  mace_load_options_init(&options, sizeof(options));
  const char* const outputs[] = {"output", nullptr};
  options.outputs = outputs;
  options.outputs_count = 2;
  EXPECT_NAMES("outputs", mace_model_load(kModel, &options, &none));
  mace_load_options_init(&options, sizeof(options));
  const mace_named_tensor value = {"x", nullptr};
  options.values = &value;
  options.values_count = 1;
  EXPECT_NAMES("values: tensor", mace_model_load(kModel, &options, &none));
  mace_load_options_init(&options, sizeof(options));
  options.signature = "serve";
  EXPECT_EQ(MACE_INVALID_ARGUMENT, mace_model_load(kModel, &options, &none));
  EXPECT_NE(std::string::npos, LastError().find("signature 'serve': ")) << LastError();
  EXPECT_EQ(nullptr, none);
}

TEST(CApiModels, FromBytesAndDescriptors) {
  const std::string file = ReadAll(kModel), data = ReadAll("models/digits/digits.data");
  std::atomic<int> released{0};
  const mace_bytes bytes = {file.data(), file.size(), CountCall, &released};
  const mace_bytes weights = {data.data(), data.size(), CountCall, &released};
  mace_model* model = nullptr;
  ASSERT_OK(mace_model_from_bytes(&bytes, &weights, nullptr, &model));
  mace_model_free(model);
  EXPECT_EQ(2, released);
  // The memory is released where the call fails, too, whatever the reason.
  mace_load_options wrong;
  mace_load_options_init(&wrong, sizeof(wrong));
  wrong.struct_size = 1;
  EXPECT_NAMES("options", mace_model_from_bytes(&bytes, &weights, &wrong, &model));
  EXPECT_EQ(4, released);
  EXPECT_NAMES("model", mace_model_from_bytes(&bytes, &weights, nullptr, nullptr));
  EXPECT_EQ(6, released);
  EXPECT_NAMES("bytes", mace_model_from_bytes(nullptr, &weights, nullptr, &model));
  EXPECT_EQ(7, released);
  EXPECT_NE(MACE_OK, mace_model_from_bytes(&weights, nullptr, nullptr, &model));
  EXPECT_EQ(8, released);
  EXPECT_EQ(nullptr, model);

  const int descriptor = open("models/digits/digits.onnx", O_RDONLY);
  const mace_file_range range = {descriptor, 0, 0};
  ASSERT_OK(mace_model_from_descriptor(&range, nullptr, nullptr, &model));
  close(descriptor);
  EXPECT_EQ(1u, mace_model_input_count(model));
  mace_model_free(model);
  EXPECT_NE(MACE_OK, mace_model_from_descriptor(&range, nullptr, nullptr, &model));
  EXPECT_EQ(nullptr, model);
}

TEST(CApiTensors, RefuseWhatIsNoTensor) {
  mace_tensor* tensor = nullptr;
  const int64_t negative[] = {-1};
  EXPECT_EQ(MACE_INVALID_ARGUMENT, mace_tensor_allocate(MACE_DTYPE_INT8, negative, 1, &tensor));
  EXPECT_EQ(MACE_INVALID_ARGUMENT, mace_tensor_allocate(77, kDims, 4, &tensor));
  EXPECT_NAMES("dims", mace_tensor_allocate(MACE_DTYPE_INT8, nullptr, 1, &tensor));
  EXPECT_NAMES("tensor", mace_tensor_allocate(MACE_DTYPE_INT8, kDims, 4, nullptr));
  const std::vector<int64_t> many(1000, 1);
  EXPECT_EQ(MACE_INVALID_ARGUMENT,
            mace_tensor_allocate(MACE_DTYPE_INT8, many.data(), many.size(), &tensor));
  // The dims array has four extents, and nothing behind them is read.
  EXPECT_NAMES("dims", mace_tensor_allocate(MACE_DTYPE_INT8, kDims, SIZE_MAX / 8, &tensor));
  std::vector<float> memory(64);
  std::atomic<int> released{0};
  mace_bytes bytes = {memory.data(), 255, CountCall, &released};
  EXPECT_NAMES("bytes", mace_tensor_view(MACE_DTYPE_FLOAT32, kDims, 4, &bytes, &tensor));
  EXPECT_EQ(1, released);
  bytes = {nullptr, 256, CountCall, &released};
  EXPECT_EQ(MACE_INVALID_ARGUMENT, mace_tensor_view(MACE_DTYPE_FLOAT32, kDims, 4, &bytes, &tensor));
  EXPECT_EQ(2, released);
  EXPECT_NAMES("dims", mace_tensor_view(MACE_DTYPE_FLOAT32, nullptr, 4, &bytes, &tensor));
  EXPECT_EQ(3, released);
  EXPECT_NAMES("bytes", mace_tensor_mutable_view(MACE_DTYPE_FLOAT32, kDims, 4, nullptr, &tensor));
  EXPECT_EQ(nullptr, tensor);
  ASSERT_OK(mace_tensor_allocate(MACE_DTYPE_FLOAT64, nullptr, 0, &tensor));  // A scalar.
  EXPECT_EQ(1, mace_tensor_elements(tensor));
  mace_tensor_free(tensor);
}

TEST(CApiTensors, AreConverted) {
  const int64_t dims[] = {2};
  float numbers[] = {1.5f, -2};
  const mace_bytes bytes = {numbers, sizeof(numbers), nullptr, nullptr};
  mace_tensor* tensor = nullptr;
  mace_tensor* converted = nullptr;
  ASSERT_OK(mace_tensor_view(MACE_DTYPE_FLOAT32, dims, 1, &bytes, &tensor));
  ASSERT_OK(mace_tensor_convert(tensor, MACE_DTYPE_INT64, &converted));
  EXPECT_EQ(MACE_DTYPE_INT64, mace_tensor_dtype(converted));
  EXPECT_EQ(-2, static_cast<const int64_t*>(mace_tensor_data(converted))[1]);
  mace_tensor_free(converted);
  EXPECT_EQ(MACE_INVALID_ARGUMENT, mace_tensor_convert(tensor, 99, &converted));
  EXPECT_EQ(nullptr, converted);
  EXPECT_NAMES("tensor", mace_tensor_convert(nullptr, MACE_DTYPE_INT64, &converted));
  EXPECT_NAMES("converted", mace_tensor_convert(tensor, MACE_DTYPE_INT64, nullptr));
  mace_tensor_free(tensor);
}

TEST(CApiPointers, AreNamedWhereTheyAreNull) {
  const Model model = Load();
  mace_model* made = nullptr;
  mace_compiled_model* compiled = nullptr;
  mace_request* request = nullptr;
  mace_tensor* tensor = nullptr;
  mace_tensor_spec spec = EmptySpec();
  EXPECT_NAMES("path", mace_model_load(nullptr, nullptr, &made));
  EXPECT_NAMES("model", mace_model_load(kModel, nullptr, nullptr));
  EXPECT_NAMES("range", mace_model_from_descriptor(nullptr, nullptr, nullptr, &made));
  EXPECT_NAMES("model", mace_model_input(nullptr, 0, &spec));
  EXPECT_NAMES("spec", mace_model_output(model.get(), 0, nullptr));
  EXPECT_NAMES("model", mace_compile(nullptr, nullptr, &compiled));
  EXPECT_NAMES("compiled", mace_compile(model.get(), nullptr, nullptr));
  EXPECT_NAMES("compiled", mace_compiled_model_input(nullptr, 0, &spec));
  EXPECT_NAMES("compiled", mace_compiled_model_output(nullptr, 0, &spec));
  EXPECT_NAMES("compiled", mace_compiled_model_prepare(nullptr, nullptr, 0));
  EXPECT_NAMES("compiled", mace_compiled_model_new_request(nullptr, &request));
  EXPECT_NAMES("compiled", mace_compiled_model_save_cache(nullptr));
  EXPECT_NAMES("compiled", mace_compiled_model_statistics(nullptr, nullptr));
  EXPECT_NAMES("request", mace_request_set(nullptr, "input", nullptr));
  EXPECT_NAMES("request", mace_request_set_at(nullptr, 0, nullptr));
  EXPECT_NAMES("request", mace_request_set_output(nullptr, "output", nullptr));
  EXPECT_NAMES("request", mace_request_set_output_at(nullptr, 0, nullptr));
  EXPECT_NAMES("request", mace_request_run(nullptr));
  EXPECT_NAMES("request", mace_request_run_for(nullptr, 1));
  EXPECT_NAMES("request", mace_request_start(nullptr, nullptr, nullptr));
  EXPECT_NAMES("request", mace_request_wait(nullptr));
  EXPECT_NAMES("request", mace_request_wait_for(nullptr, 1));
  EXPECT_NAMES("request", mace_request_get(nullptr, "output", &tensor));
  EXPECT_NAMES("request", mace_request_get_at(nullptr, 0, &tensor));
  EXPECT_NAMES("request", mace_request_statistics(nullptr, nullptr));
  EXPECT_NAMES("devices", mace_list_devices(nullptr));
  EXPECT_NAMES("devices", mace_list_devices_in(MACE_ENVIRONMENT_NEVER, nullptr));
  EXPECT_NAMES("devices", mace_device_list_get(nullptr, 0, nullptr));
}

TEST(CApiPointers, OfNoObjectHaveNothing) {
  mace_model_free(nullptr);
  mace_compiled_model_free(nullptr);
  mace_request_free(nullptr);
  mace_tensor_free(nullptr);
  mace_device_list_free(nullptr);
  mace_statistics_clear(nullptr);
  mace_request_cancel(nullptr);
  mace_load_options_init(nullptr, sizeof(mace_load_options));
  mace_compile_options_init(nullptr, sizeof(mace_compile_options));
  EXPECT_EQ(0u, mace_model_input_count(nullptr) + mace_compiled_model_output_count(nullptr));
  EXPECT_EQ(0u, mace_device_list_count(nullptr) + mace_tensor_rank(nullptr));
  EXPECT_EQ(MACE_DTYPE_INVALID, mace_tensor_dtype(nullptr));
  EXPECT_EQ(nullptr, mace_tensor_data(nullptr));
  EXPECT_EQ(nullptr, mace_tensor_mutable_data(nullptr));
  EXPECT_STREQ("", mace_model_format(nullptr));
}

TEST(CApiProcess, ErrorsAreThoseOfTheThread) {
  mace_model* model = nullptr;
  EXPECT_EQ(MACE_NOT_FOUND, mace_model_load("no/such/file", nullptr, &model));
  const std::string message = LastError();
  EXPECT_NE(std::string::npos, message.find("no/such/file")) << message;
  std::thread([] {
    EXPECT_EQ("", LastError());
    EXPECT_NAMES("request", mace_request_run(nullptr));
  }).join();
  const Model good = Load();
  EXPECT_EQ(message, LastError());
  EXPECT_STREQ("NOT_FOUND", mace_status_code_name(MACE_NOT_FOUND));
  EXPECT_STREQ("DEADLINE_EXCEEDED", mace_status_code_name(MACE_DEADLINE_EXCEEDED));
  EXPECT_STREQ("OK", mace_status_code_name(MACE_OK));
  EXPECT_STREQ("0.1.0", mace_version());
  EXPECT_EQ(8u, mace_dtype_size(MACE_DTYPE_INT64));
  EXPECT_STREQ("bfloat16", mace_dtype_name(MACE_DTYPE_BFLOAT16));
  EXPECT_EQ(2u, mace_dtype_size(MACE_DTYPE_UINT16));
  EXPECT_EQ(1u, mace_dtype_size(MACE_DTYPE_INT4));
  EXPECT_STREQ("uint2", mace_dtype_name(MACE_DTYPE_UINT2));
  EXPECT_EQ(0u, mace_dtype_size(-1) + mace_dtype_size(18) + mace_dtype_size(257));
}

void KeepLine(void* user, mace_log_level, const char* line) {
  static_cast<std::vector<std::string>*>(user)->push_back(line);
}

TEST(CApiProcess, LogLinesGoToTheSink) {
  std::vector<std::string> lines;
  ASSERT_OK(mace_set_log_level(MACE_LOG_DEBUG));
  ASSERT_OK(mace_set_log_sink(KeepLine, &lines));
  const Model model = Load();
  mace_compile_options options;
  mace_compile_options_init(&options, sizeof(options));
  options.device = "cpu";
  options.precision = MACE_PRECISION_TF32;  // The CPU does not have TF32.
  mace_compiled_model* compiled = nullptr;
  EXPECT_OK(mace_compile(model.get(), &options, &compiled));
  mace_compiled_model_free(compiled);
  ASSERT_OK(mace_set_log_sink(nullptr, nullptr));
  ASSERT_OK(mace_set_log_level(MACE_LOG_WARNING));
  ASSERT_FALSE(lines.empty());
  EXPECT_EQ(0u, lines[0].find("mace: ")) << lines[0];
  EXPECT_NAMES("level", mace_set_log_level(4));
}

TEST(CApiProcess, DevicesAreListed) {
  mace_device_list* devices = nullptr;
  ASSERT_OK(mace_list_devices(&devices));
  mace_device device = {};
  device.struct_size = sizeof(device);
  int defaults = 0;
  for (size_t i = 0; i < mace_device_list_count(devices); ++i) {
    ASSERT_OK(mace_device_list_get(devices, i, &device));
    EXPECT_STRNE("", device.name);
    EXPECT_STRNE("", device.platform_version);
    EXPECT_GT(device.memory_bytes, 0u);
    EXPECT_GT(device.max_work_group_size, 0u);
    EXPECT_EQ(device.images != 0, device.max_image_width > 0);
    defaults += device.is_default;
  }
  EXPECT_EQ(mace_device_list_count(devices) == 0 ? 0 : 1, defaults);
  EXPECT_EQ(MACE_NOT_FOUND,
            mace_device_list_get(devices, mace_device_list_count(devices), &device));
  mace_device_list_free(devices);
  EXPECT_NAMES("environment", mace_list_devices_in(2, &devices));
  EXPECT_EQ(nullptr, devices);
}

}  // namespace
