// The C API, through its header alone, on the CPU and on a device.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <string>
#include <vector>

#include "mace/mace_c.h"
#include "mace/testing/c_api_objects.h"

namespace {

using namespace mace::c_api_testing;  // NOLINT: the names of this test's own objects.

// The pixels of a sample "0" to "9": 64 floats behind the header of its file.
std::vector<float> Digit(int digit) {
  const std::string file = ReadAll("models/digits/samples/digit_" + std::to_string(digit) + ".npy");
  std::vector<float> pixels(64);
  std::memcpy(pixels.data(), file.data() + file.size() - 256, 256);
  return pixels;
}

class CApi : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    model_ = Load();
    mace_compile_options options;
    mace_compile_options_init(&options, sizeof(options));
    options.device = GetParam();
    mace_compiled_model* compiled = nullptr;
    ASSERT_OK(mace_compile(model_.get(), &options, &compiled));
    compiled_.reset(compiled);
  }
  Request NewRequest() const {
    mace_request* request = nullptr;
    EXPECT_OK(mace_compiled_model_new_request(compiled_.get(), &request));
    return Request(request);
  }
  // A batch of samples, beginning with the digit `first`, in memory that the tensor owns.
  static Tensor Digits(int first, int64_t batch = 1) {
    const int64_t dims[] = {batch, 8, 8, 1};
    mace_tensor* tensor = nullptr;
    EXPECT_OK(mace_tensor_allocate(MACE_DTYPE_FLOAT32, dims, 4, &tensor));
    auto* to = static_cast<float*>(mace_tensor_mutable_data(tensor));
    for (int64_t i = 0; i < batch; ++i) {
      const std::vector<float> pixels = Digit((first + static_cast<int>(i)) % 10);
      to = std::copy(pixels.begin(), pixels.end(), to);
    }
    return Tensor(tensor);
  }
  static Tensor Output(const Request& request) {
    mace_tensor* output = nullptr;
    EXPECT_OK(mace_request_get(request.get(), "output", &output));
    return Tensor(output);
  }
  static long Best(const mace_tensor* scores, int64_t row = 0) {
    const auto* from = static_cast<const float*>(mace_tensor_data(scores)) + 10 * row;
    return std::max_element(from, from + 10) - from;
  }

  Model model_;
  Compiled compiled_;
};

TEST_P(CApi, KnowsTheDigits) {
  Request request = NewRequest();
  for (int digit = 0; digit < 10; ++digit) {
    ASSERT_OK(mace_request_set(request.get(), "input", Digits(digit).get()));
    ASSERT_OK(mace_request_run(request.get()));
    const Tensor scores = Output(request);
    EXPECT_EQ(digit, Best(scores.get()));
    EXPECT_EQ(MACE_DTYPE_FLOAT32, mace_tensor_dtype(scores.get()));
    EXPECT_EQ(2u, mace_tensor_rank(scores.get()));
    EXPECT_EQ(10, mace_tensor_dims(scores.get())[1]);
    EXPECT_EQ(10, mace_tensor_elements(scores.get()));
    EXPECT_EQ(40u, mace_tensor_bytes(scores.get()));
  }
  mace_run_statistics run = {};
  run.struct_size = sizeof(run);
  ASSERT_OK(mace_request_statistics(request.get(), &run));
  EXPECT_GT(run.latency_ms, 0);
  EXPECT_EQ(0, run.made_plan);
}

TEST_P(CApi, ByIndexAndWithOtherDims) {
  Request request = NewRequest();
  const int64_t dims[] = {3, 8, 8, 1};
  const mace_named_dims named = {"input", dims, 4};
  ASSERT_OK(mace_compiled_model_prepare(compiled_.get(), &named, 1));
  ASSERT_OK(mace_compiled_model_prepare(compiled_.get(), nullptr, 0));
  for (const int64_t batch : {3, 1, 2}) {
    ASSERT_OK(mace_request_set_at(request.get(), 0, Digits(4, batch).get()));
    ASSERT_OK(mace_request_run(request.get()));
    mace_run_statistics run = {};
    run.struct_size = sizeof(run);
    ASSERT_OK(mace_request_statistics(request.get(), &run));
    EXPECT_EQ(batch == 2, run.made_plan);
    mace_tensor* scores = nullptr;
    ASSERT_OK(mace_request_get_at(request.get(), 0, &scores));
    const Tensor owner(scores);
    for (int64_t row = 0; row < batch; ++row) EXPECT_EQ(4 + row, Best(scores, row));
  }
  const mace_named_dims unknown = {"no such", dims, 4};
  EXPECT_EQ(MACE_NOT_FOUND, mace_compiled_model_prepare(compiled_.get(), &unknown, 1));
  EXPECT_EQ(MACE_NOT_FOUND, mace_request_set_at(request.get(), 7, Digits(0).get()));
  EXPECT_NE(std::string::npos, LastError().find("input 7")) << LastError();
  mace_tensor* none = Digits(0).release();
  const Tensor owner(none);
  EXPECT_EQ(MACE_NOT_FOUND, mace_request_get_at(request.get(), 7, &none));
  EXPECT_EQ(nullptr, none);
}

TEST_P(CApi, ReadsAndWritesMemoryOfTheCaller) {
  Request request = NewRequest();
  std::vector<float> pixels = Digit(6), scores(10, -1);
  std::atomic<int> released{0}, released_output{0};
  const mace_bytes bytes = {pixels.data(), 256, CountCall, &released};
  mace_tensor* tensor = nullptr;
  ASSERT_OK(mace_tensor_view(MACE_DTYPE_FLOAT32, kDims, 4, &bytes, &tensor));
  EXPECT_EQ(pixels.data(), mace_tensor_data(tensor));
  EXPECT_EQ(nullptr, mace_tensor_mutable_data(tensor));
  ASSERT_OK(mace_request_set(request.get(), "input", tensor));
  mace_tensor_free(tensor);
  const int64_t output_dims[] = {1, 10};
  const mace_mutable_bytes output = {scores.data(), 40, CountCall, &released_output};
  ASSERT_OK(mace_tensor_mutable_view(MACE_DTYPE_FLOAT32, output_dims, 2, &output, &tensor));
  EXPECT_EQ(scores.data(), mace_tensor_mutable_data(tensor));
  ASSERT_OK(mace_request_set_output(request.get(), "output", tensor));
  mace_tensor_free(tensor);
  ASSERT_OK(mace_request_run(request.get()));
  EXPECT_EQ(6, std::max_element(scores.begin(), scores.end()) - scores.begin());
  EXPECT_EQ(scores.data(), mace_tensor_data(Output(request).get()));
  EXPECT_EQ(0, released + released_output);
  ASSERT_OK(mace_request_set_output_at(request.get(), 0, nullptr));
  EXPECT_EQ(1, released_output);
  ASSERT_OK(mace_request_run(request.get()));
  EXPECT_NE(scores.data(), mace_tensor_data(Output(request).get()));
  request.reset();
  EXPECT_EQ(1, released);
}

struct Done {
  std::atomic<int> calls{0};
  mace_status_code code = MACE_INTERNAL;
  std::string message = "not called";
};
void KeepDone(void* user, mace_status_code code, const char* message) {
  auto* const done = static_cast<Done*>(user);
  done->code = code;
  done->message = message;
  ++done->calls;
}

TEST_P(CApi, RunsOnAnotherThreadAndWithALimit) {
  Request request = NewRequest();
  Done done;
  ASSERT_OK(mace_request_start(request.get(), KeepDone, &done));  // No input is set.
  EXPECT_EQ(MACE_FAILED_PRECONDITION, mace_request_wait(request.get()));
  EXPECT_EQ(MACE_FAILED_PRECONDITION, done.code);
  EXPECT_EQ(LastError(), done.message);
  ASSERT_OK(mace_request_set(request.get(), "input", Digits(2).get()));
  ASSERT_OK(mace_request_start(request.get(), KeepDone, &done));
  ASSERT_OK(mace_request_wait_for(request.get(), INT64_MAX));
  EXPECT_EQ(2, done.calls);
  EXPECT_EQ(MACE_OK, done.code);
  EXPECT_EQ("", done.message);
  EXPECT_EQ(2, Best(Output(request).get()));
  ASSERT_OK(mace_request_start(request.get(), nullptr, nullptr));
  mace_request_cancel(request.get());
  const mace_status_code code = mace_request_wait(request.get());
  EXPECT_TRUE(code == MACE_OK || code == MACE_CANCELLED) << LastError();
  EXPECT_EQ(MACE_DEADLINE_EXCEEDED, mace_request_run_for(request.get(), 0));
  EXPECT_EQ(MACE_DEADLINE_EXCEEDED, mace_request_run_for(request.get(), INT64_MIN));
  EXPECT_OK(mace_request_run_for(request.get(), INT64_MAX));
}

TEST_P(CApi, ObjectsMayBeFreedInAnyOrder) {
  Request request = NewRequest();
  model_.reset();
  compiled_.reset();
  Tensor input = Digits(9);
  ASSERT_OK(mace_request_set(request.get(), "input", input.get()));
  input.reset();
  ASSERT_OK(mace_request_run(request.get()));
  const Tensor scores = Output(request);
  request.reset();
  EXPECT_EQ(9, Best(scores.get()));
}

TEST_P(CApi, StatisticsAreTheCallersUntilCleared) {
  mace_statistics statistics = {};
  statistics.struct_size = sizeof(statistics);
  ASSERT_OK(mace_compiled_model_statistics(compiled_.get(), &statistics));
  compiled_.reset();
  EXPECT_STRNE("", statistics.device);
  EXPECT_STREQ("none", statistics.tuning);
  EXPECT_STREQ("off", statistics.cache_status);
  EXPECT_STREQ("", statistics.cache_file);
  EXPECT_EQ(1u, statistics.plans);
  EXPECT_EQ(0u, statistics.runs);
  EXPECT_GT(statistics.compile_ms, 0);
  EXPECT_EQ(statistics.cpu_nodes, statistics.cpu_node_list_count);
  mace_statistics_clear(&statistics);
  EXPECT_EQ(nullptr, statistics.device);
  EXPECT_EQ(sizeof(statistics), statistics.struct_size);
  mace_statistics_clear(&statistics);
}

TEST_P(CApi, TheCacheFileIsWritten) {
  const std::string path = testing::TempDir() + "/c_api_cache.bin";
  for (const char* const expected : {"cold", "warm"}) {
    mace_compile_options options;
    mace_compile_options_init(&options, sizeof(options));
    options.device = GetParam();
    options.cache_path = path.c_str();
    mace_compiled_model* compiled = nullptr;
    ASSERT_OK(mace_compile(model_.get(), &options, &compiled));
    const Compiled owner(compiled);
    EXPECT_OK(mace_compiled_model_save_cache(compiled));
    mace_statistics statistics = {};
    statistics.struct_size = sizeof(statistics);
    ASSERT_OK(mace_compiled_model_statistics(compiled, &statistics));
    const bool is_cpu = std::strcmp("cpu", GetParam()) == 0;
    EXPECT_STREQ(is_cpu ? "off" : expected, statistics.cache_status) << statistics.cache_reason;
    mace_statistics_clear(&statistics);
  }
  unlink(path.c_str());
}

TEST_P(CApi, AFileIsLoadedAndCompiledAtOnce) {
  mace_compile_options options;
  mace_compile_options_init(&options, sizeof(options));
  options.device = GetParam();
  mace_compiled_model* compiled = nullptr;
  ASSERT_OK(mace_compile_file("models/digits/digits.onnx", nullptr, &options, &compiled));
  EXPECT_EQ(1u, mace_compiled_model_input_count(compiled));
  mace_compiled_model_free(compiled);
  EXPECT_EQ(MACE_NOT_FOUND, mace_compile_file("no such.onnx", nullptr, &options, &compiled));
  EXPECT_EQ(nullptr, compiled);
}

INSTANTIATE_TEST_SUITE_P(Devices, CApi, testing::Values("cpu", "gpu"));

}  // namespace
