// Every allocation of a model's life by the C API fails in turn: each call answers
// MACE_RESOURCE_EXHAUSTED or did without the memory, no exception leaves it, and memory that was
// lent is given back once.
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

#include "mace/mace_c.h"
#include "mace/testing/failing_allocator/failing_allocator.h"

namespace mace {
namespace {

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

void CountCall(void* user) { ++*static_cast<int*>(user); }

// The objects of one life, as far as it came; what is not made is NULL, which may be freed.
struct Life {
  ~Life() {
    mace_statistics_clear(&statistics);
    mace_device_list_free(devices);
    mace_tensor_free(output);
    mace_tensor_free(input);
    mace_request_free(request);
    mace_compiled_model_free(compiled);
    mace_model_free(model);
  }

  mace_model* model = nullptr;
  mace_compiled_model* compiled = nullptr;
  mace_request* request = nullptr;
  mace_tensor* input = nullptr;
  mace_tensor* output = nullptr;
  mace_device_list* devices = nullptr;
  mace_statistics statistics = {};
  int released = 0;  // Releases of the model, its weights and the pixels.
};

class CApiAllocations : public testing::TestWithParam<Failures> {
 protected:
  // Lends two blocks of bytes.
  mace_status_code Load(Life* life) const {
    const mace_bytes model = {file_.data(), file_.size(), CountCall, &life->released};
    const mace_bytes weights = {data_.data(), data_.size(), CountCall, &life->released};
    const int64_t dims[] = {2, 8, 8, 1};
    const mace_named_dims input = {"input", dims, 4};
    mace_load_options options;
    mace_load_options_init(&options, sizeof(options));
    options.input_dims = &input;
    options.input_dims_count = 1;
    return mace_model_from_bytes(&model, &weights, &options, &life->model);
  }
  mace_status_code Compile(Life* life) const {
    mace_compile_options options;
    mace_compile_options_init(&options, sizeof(options));
    options.device = "cpu";
    return mace_compile(life->model, &options, &life->compiled);
  }
  // Lends one block.
  mace_status_code View(Life* life) const {
    const int64_t dims[] = {2, 8, 8, 1};
    const mace_bytes bytes = {pixels_, sizeof(pixels_), CountCall, &life->released};
    return mace_tensor_view(MACE_DTYPE_FLOAT32, dims, 4, &bytes, &life->input);
  }
  mace_status_code Set(Life* life) const {
    const mace_status_code code = mace_request_set(life->request, "input", life->input);
    if (code == MACE_NOT_FOUND) ADD_FAILURE() << mace_last_error_message();
    return code;
  }
  mace_status_code Start(Life* life) const {
    const mace_status_code code = mace_request_start(life->request, nullptr, nullptr);
    return code == MACE_OK ? mace_request_wait(life->request) : code;
  }
  // The calls one after the other, up to one that fails; `lent`: blocks that were lent by then.
  mace_status_code Live(Life* life, int* lent) const {
    life->statistics.struct_size = sizeof(life->statistics);
    mace_status_code code = MACE_OK;
    const auto is_ok = [&](mace_status_code next) { return (code = next) == MACE_OK; };
    *lent = 2;
    if (!is_ok(Load(life)) || !is_ok(Compile(life))) return code;
    if (!is_ok(mace_compiled_model_new_request(life->compiled, &life->request))) return code;
    *lent = 3;
    if (!is_ok(View(life)) || !is_ok(Set(life))) return code;
    if (!is_ok(mace_request_run(life->request)) || !is_ok(Start(life))) return code;
    if (!is_ok(mace_request_get(life->request, "output", &life->output))) return code;
    if (!is_ok(mace_compiled_model_statistics(life->compiled, &life->statistics))) return code;
    // The message of an error is as complete as memory allows.
    code = mace_request_set(life->request, "a name that is too long for a string within itself",
                            life->input);
    return code == MACE_NOT_FOUND ? MACE_OK : code;
  }

  const std::string file_ = ReadAll("models/digits/digits.pb");
  const std::string data_ = ReadAll("models/digits/digits.data");
  const float pixels_[2 * 64] = {};
};

TEST_P(CApiAllocations, FailInTurn) {
  uint64_t total = 1;
  for (uint64_t n = 1; n <= total; ++n) {
    SCOPED_TRACE("allocation " + std::to_string(n));
    int lent = 0, released = 0;
    mace_status_code code;
    {
      Life life;
      {
        const FailingAllocation failing(n, GetParam());
        code = Live(&life, &lent);
        total = FailingAllocation::count();
      }
      EXPECT_TRUE(code == MACE_OK || code == MACE_RESOURCE_EXHAUSTED)
          << code << ": " << mace_last_error_message();
      EXPECT_TRUE(code == MACE_OK || *mace_last_error_message() != '\0');
      // The objects that there are work on.
      if (life.input != nullptr) {
        EXPECT_EQ(MACE_OK, mace_request_set(life.request, "input", life.input));
        EXPECT_EQ(MACE_OK, mace_request_run(life.request)) << mace_last_error_message();
      }
      // Frees what there is, and counts what that gives back.
      mace_tensor_free(life.input);
      mace_request_free(life.request);
      mace_compiled_model_free(life.compiled);
      mace_model_free(life.model);
      life.input = nullptr;
      life.request = nullptr;
      life.compiled = nullptr;
      life.model = nullptr;
      released = life.released;
    }
    EXPECT_EQ(lent, released);
    if (HasFailure()) return;
  }
  std::printf("%zu allocations\n", static_cast<size_t>(total));
}

INSTANTIATE_TEST_SUITE_P(Failures, CApiAllocations,
                         testing::Values(Failures::kOne, Failures::kFromThereOn));

}  // namespace
}  // namespace mace
