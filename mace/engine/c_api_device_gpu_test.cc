// The C API on a device: the app's OpenCL objects, a cache in memory, selected outputs, and a
// tuning that is stopped.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <string>
#include <vector>

#include "mace/mace_c.h"
#include "mace/testing/c_api_objects.h"
#include "mace/testing/opencl_app.h"

namespace {

using namespace mace::c_api_testing;  // NOLINT: the names of this test's own objects.

mace_compile_options Defaults() {
  mace_compile_options options;
  mace_compile_options_init(&options, sizeof(options));
  return options;
}

Compiled Compile(const mace_model* model, const mace_compile_options& options) {
  mace_compiled_model* compiled = nullptr;
  EXPECT_OK(mace_compile(model, &options, &compiled));
  return Compiled(compiled);
}

Request NewRequest(const Compiled& compiled) {
  mace_request* request = nullptr;
  EXPECT_OK(mace_compiled_model_new_request(compiled.get(), &request));
  return Request(request);
}

std::string CacheStatus(const Compiled& compiled) {
  mace_statistics statistics = {};
  statistics.struct_size = sizeof(statistics);
  EXPECT_OK(mace_compiled_model_statistics(compiled.get(), &statistics));
  const std::string status = statistics.cache_status;
  mace_statistics_clear(&statistics);
  return status;
}

TEST(CApiDevice, BuffersOfAnAppAreInputsAndOutputs) {
  const std::unique_ptr<mace::OpenClApp> app = mace::OpenClApp::Create();
  if (app == nullptr) GTEST_SKIP() << "no OpenCL device";
  const Model model = Load();
  mace_compile_options options = Defaults();
  options.opencl_context = app->context();
  options.opencl_device = app->device();
  options.opencl_queue = app->queue();
  const Compiled compiled = Compile(model.get(), options);
  const Request request = NewRequest(compiled);
  const std::vector<float> pixels(64, 0.5f);
  mace_tensor* tensor = nullptr;
  const mace_bytes bytes = {pixels.data(), 256, nullptr, nullptr};
  ASSERT_OK(mace_tensor_view(MACE_DTYPE_FLOAT32, kDims, 4, &bytes, &tensor));
  ASSERT_OK(mace_request_set(request.get(), "input", tensor));
  mace_tensor_free(tensor);
  ASSERT_OK(mace_request_run(request.get()));
  ASSERT_OK(mace_request_get(request.get(), "output", &tensor));
  const Tensor expected(tensor);
  const size_t size = mace_tensor_bytes(tensor);

  const mace_opencl_buffer in = {app->CreateBuffer(256), 0, 256};
  const mace_opencl_buffer out = {app->CreateBuffer(size + 8), 8, size};
  app->Write(in.buffer, 0, pixels);
  ASSERT_OK(mace_tensor_opencl(MACE_DTYPE_FLOAT32, kDims, 4, &in, &tensor));
  EXPECT_EQ(nullptr, mace_tensor_data(tensor));
  mace_opencl_buffer found = {};
  mace_tensor_opencl_buffer(tensor, &found);
  EXPECT_EQ(in.buffer, found.buffer);
  ASSERT_OK(mace_request_set(request.get(), "input", tensor));
  mace_tensor_free(tensor);
  ASSERT_OK(mace_tensor_opencl(MACE_DTYPE_FLOAT32, mace_tensor_dims(expected.get()),
                               mace_tensor_rank(expected.get()), &out, &tensor));
  ASSERT_OK(mace_request_set_output(request.get(), "output", tensor));
  mace_tensor_free(tensor);
  void* const done = app->CreateUserEvent();
  void* const written = app->WriteLater(in.buffer, pixels, nullptr);
  ASSERT_OK(mace_request_set_wait_events(request.get(), &written, 1));
  ASSERT_OK(mace_request_set_signal_event(request.get(), done));
  ASSERT_OK(mace_request_run(request.get()));
  EXPECT_EQ(0, mace::OpenClApp::StatusOf(done));
  const std::vector<float> scores = app->Read(out.buffer, 8, size / sizeof(float));
  const auto* const from = static_cast<const float*>(mace_tensor_data(expected.get()));
  for (size_t i = 0; i < scores.size(); ++i) EXPECT_NEAR(from[i], scores[i], 1e-5f);

  mace_tensor_opencl_buffer(expected.get(), &found);
  EXPECT_EQ(nullptr, found.buffer);
  mace_opencl_buffer small = in;
  small.size = 4;
  EXPECT_EQ(MACE_INVALID_ARGUMENT,
            mace_tensor_opencl(MACE_DTYPE_FLOAT32, kDims, 4, &small, &tensor));
  EXPECT_EQ(nullptr, tensor);
  EXPECT_NAMES("buffer", mace_tensor_opencl(MACE_DTYPE_FLOAT32, kDims, 4, nullptr, &tensor));
  EXPECT_NAMES("events", mace_request_set_wait_events(request.get(), nullptr, 1));
}

TEST(CApiDevice, ACacheInMemoryIsSavedAndLent) {
  const Model model = Load();
  mace_compile_options options = Defaults();
  options.cache_in_memory = 1;
  mace_byte_array* saved = nullptr;
  {
    const Compiled cold = Compile(model.get(), options);
    EXPECT_EQ("cold", CacheStatus(cold));
    ASSERT_OK(mace_compiled_model_save_cache_to_bytes(cold.get(), &saved));
  }
  ASSERT_GT(mace_byte_array_size(saved), 0u);
  std::atomic<int> released{0};
  const mace_bytes lent = {mace_byte_array_data(saved), mace_byte_array_size(saved), CountCall,
                           &released};
  options.cache_memory = &lent;
  {
    const Compiled warm = Compile(model.get(), options);
    EXPECT_EQ("warm", CacheStatus(warm));
    EXPECT_EQ(0, released);
  }
  EXPECT_EQ(1, released);
  // A call that fails releases the lent memory too.
  mace_compiled_model* compiled = nullptr;
  EXPECT_NAMES("model", mace_compile(nullptr, &options, &compiled));
  EXPECT_EQ(2, released);
  options.reserved_too = 1;
  EXPECT_NAMES("reserved_too", mace_compile(model.get(), &options, &compiled));
  EXPECT_EQ(3, released);
  mace_byte_array_free(saved);

  const Compiled without = Compile(model.get(), Defaults());
  EXPECT_EQ(MACE_FAILED_PRECONDITION,
            mace_compiled_model_save_cache_to_bytes(without.get(), &saved));
  EXPECT_EQ(nullptr, saved);
  EXPECT_EQ(0u, mace_byte_array_size(nullptr));
  EXPECT_EQ(nullptr, mace_byte_array_data(nullptr));
  mace_byte_array_free(nullptr);
}

TEST(CApiDevice, ACacheByDescriptor) {
  const std::string path = testing::TempDir() + "c_api_cache." + std::to_string(getpid());
  mace_file_range file = {open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600), 0, 0};
  ASSERT_GE(file.descriptor, 0);
  const Model model = Load();
  mace_compile_options options = Defaults();
  options.cache_file = &file;
  ASSERT_OK(mace_compiled_model_save_cache(Compile(model.get(), options).get()));
  EXPECT_EQ("warm", CacheStatus(Compile(model.get(), options)));
  options.cache_path = path.c_str();
  mace_compiled_model* compiled = nullptr;
  EXPECT_EQ(MACE_INVALID_ARGUMENT, mace_compile(model.get(), &options, &compiled));
  close(file.descriptor);
  unlink(path.c_str());
}

TEST(CApiDevice, StatesThatCannotBeBoundAreRefused) {
  const Model model = Load();
  const Compiled compiled = Compile(model.get(), Defaults());
  const Request request = NewRequest(compiled);
  EXPECT_EQ(MACE_INVALID_ARGUMENT, mace_request_bind_state(request.get(), "output", "input"));
  EXPECT_EQ(MACE_INVALID_ARGUMENT, mace_request_bind_state_at(request.get(), 0, 0));
  EXPECT_EQ(MACE_NOT_FOUND, mace_request_bind_state_at(request.get(), 0, 1));
  EXPECT_NAMES("input", mace_request_bind_state(request.get(), "output", nullptr));
  EXPECT_NAMES("request", mace_request_clear_states(nullptr));
  EXPECT_OK(mace_request_clear_states(request.get()));
}

TEST(CApiDevice, OutputsAreSelected) {
  const Model model = Load();
  const Compiled compiled = Compile(model.get(), Defaults());
  const Request request = NewRequest(compiled);
  const char* const names[] = {"output", nullptr};
  const size_t indices[] = {0, 9};
  EXPECT_OK(mace_request_select_outputs(request.get(), names, 1));
  EXPECT_OK(mace_request_select_outputs_at(request.get(), indices, 1));
  EXPECT_OK(mace_request_select_outputs(request.get(), nullptr, 0));
  EXPECT_OK(mace_compiled_model_prepare_outputs(compiled.get(), nullptr, 0, names, 1));
  EXPECT_NAMES("names",
               mace_compiled_model_prepare_outputs(compiled.get(), nullptr, 0, nullptr, 1));
  EXPECT_NAMES("names", mace_request_select_outputs(request.get(), names, 2));
  EXPECT_NAMES("names", mace_request_select_outputs(request.get(), nullptr, 1));
  EXPECT_NAMES("indices", mace_request_select_outputs_at(request.get(), nullptr, 1));
  EXPECT_EQ(MACE_NOT_FOUND, mace_request_select_outputs_at(request.get(), indices, 2));
  const char* const wrong = "no such";
  EXPECT_EQ(MACE_NOT_FOUND, mace_request_select_outputs(request.get(), &wrong, 1));
}

int32_t Stop(void* user, const mace_tuning_progress* progress) {
  EXPECT_EQ(sizeof(*progress), progress->struct_size);
  ++*static_cast<int*>(user);
  return 0;
}

TEST(CApiDevice, ATuningIsEnded) {
  const Model model = Load();
  mace_compile_options options = Defaults();
  int called = 0;
  options.tuning = MACE_TUNING_FAST;
  options.tuning_continue = Stop;
  options.tuning_user = &called;
  mace_compiled_model* compiled = nullptr;
  EXPECT_EQ(MACE_CANCELLED, mace_compile(model.get(), &options, &compiled)) << LastError();
  EXPECT_EQ(nullptr, compiled);
  EXPECT_EQ(1, called);
  EXPECT_STREQ("DEVICE_LOST", mace_status_code_name(MACE_DEVICE_LOST));
}

TEST(CApiDevice, ADeviceIsNamedByItsAddress) {
  mace_device_list* devices = nullptr;
  ASSERT_OK(mace_list_devices(&devices));
  const Model model = Load();
  mace_device device = {};
  device.struct_size = sizeof(device);
  for (size_t i = 0; i < mace_device_list_count(devices); ++i) {
    ASSERT_OK(mace_device_list_get(devices, i, &device));
    ASSERT_NE(nullptr, device.pci_address);
    if (*device.uuid == '\0') continue;
    const std::string spec = std::string("uuid:") + device.uuid;
    mace_compile_options options = Defaults();
    options.device = spec.c_str();
    Compile(model.get(), options);
  }
  mace_device_list_free(devices);
  mace_compile_options options = Defaults();
  options.device = "uuid:00000000-1111-2222-3333-444444444444";
  mace_compiled_model* compiled = nullptr;
  EXPECT_EQ(MACE_DEVICE_ERROR, mace_compile(model.get(), &options, &compiled)) << LastError();
  options.device = "pci:nowhere";
  EXPECT_EQ(MACE_INVALID_ARGUMENT, mace_compile(model.get(), &options, &compiled)) << LastError();
}

}  // namespace
