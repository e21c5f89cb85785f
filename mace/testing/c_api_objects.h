// Helpers of the tests of the C API: handles that free themselves, files, and expectations.
#ifndef MACE_TESTING_C_API_OBJECTS_H_
#define MACE_TESTING_C_API_OBJECTS_H_

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "mace/mace_c.h"

namespace mace::c_api_testing {

constexpr const char* kModel = "models/digits/digits.pb";
constexpr int64_t kDims[] = {1, 8, 8, 1};

inline std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream content;
  content << file.rdbuf();
  EXPECT_FALSE(content.str().empty()) << path;
  return content.str();
}

inline std::string LastError() { return mace_last_error_message(); }

#define EXPECT_OK(call) EXPECT_EQ(MACE_OK, call) << LastError()
#define ASSERT_OK(call) ASSERT_EQ(MACE_OK, call) << LastError()

// Expects MACE_INVALID_ARGUMENT that names the parameter.
#define EXPECT_NAMES(parameter, call)                                              \
  do {                                                                             \
    EXPECT_EQ(MACE_INVALID_ARGUMENT, call);                                        \
    EXPECT_EQ(0u, LastError().find(std::string(parameter) + ": ")) << LastError(); \
  } while (0)

template <typename T, void (*free)(T*)>
struct Freed {
  void operator()(T* object) const { free(object); }
};
using Model = std::unique_ptr<mace_model, Freed<mace_model, mace_model_free>>;
using Compiled =
    std::unique_ptr<mace_compiled_model, Freed<mace_compiled_model, mace_compiled_model_free>>;
using Request = std::unique_ptr<mace_request, Freed<mace_request, mace_request_free>>;
using Tensor = std::unique_ptr<mace_tensor, Freed<mace_tensor, mace_tensor_free>>;

inline Model Load(const char* path = kModel, const mace_load_options* options = nullptr) {
  mace_model* model = nullptr;
  EXPECT_OK(mace_model_load(path, options, &model));
  return Model(model);
}

inline mace_tensor_spec EmptySpec() {
  mace_tensor_spec spec = {};
  spec.struct_size = sizeof(spec);
  return spec;
}

inline void CountCall(void* user) { ++*static_cast<std::atomic<int>*>(user); }

}  // namespace mace::c_api_testing

#endif  // MACE_TESTING_C_API_OBJECTS_H_
