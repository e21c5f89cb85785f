// The decoder of models/make_decoder.py generates the tokens that the script computes in double
// precision; its cache of keys and values goes from run to run as states. (ONNX Runtime 1.32 gives
// the same tokens.) `mace run --state` carries the same states.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "mace/base/files.h"
#include "mace/base/npy.h"
#include "mace/base/strings.h"
#include "tools/mace/exit_code.h"
#include "tools/mace/test_support.h"

namespace mace {
namespace {

constexpr int64_t kFirstToken = 1;

std::vector<int64_t> ExpectedTokens() {
  const StatusOr<NpyArray> read = ReadNpy(MadeModel("decoder_tokens.npy"));
  EXPECT_TRUE(read.ok()) << read.status().message();
  if (!read.ok()) return {};
  std::vector<int64_t> tokens(read->data.size() / sizeof(int64_t));
  std::memcpy(tokens.data(), read->data.data(), read->data.size());
  return tokens;
}

// Zeros for the caches, and the states that carry them.
Status BeginText(CompiledModel* compiled, Request* request) {
  for (const TensorSpec& input : compiled->inputs()) {
    if (!StartsWith(input.name, "past_")) continue;
    MACE_ASSIGN_OR_RETURN(Tensor zeros, Tensor::Allocate(input.dtype, input.dims));
    MACE_RETURN_IF_ERROR(request->Set(input.name, std::move(zeros)));
    MACE_RETURN_IF_ERROR(request->BindState(input.name.substr(5), input.name));
  }
  // The caches are carried all the same.
  return request->SelectOutputs({"scores"});
}

StatusOr<int64_t> NextToken(Request* request, int64_t token, int64_t position) {
  MACE_RETURN_IF_ERROR(request->Set("token", Tensor::View(&token, {1})));
  MACE_RETURN_IF_ERROR(request->Set("position", Tensor::View(&position, {1})));
  MACE_RETURN_IF_ERROR(request->Run());
  MACE_ASSIGN_OR_RETURN(const Tensor scores, request->Get("scores"));
  const auto* begin = scores.data<float>();
  return std::max_element(begin, begin + scores.elements()) - begin;
}

class Decoder : public testing::TestWithParam<CompileOptions> {};

TEST_P(Decoder, GeneratesTheTokensOfTheReference) {
  if (GetParam().device != "cpu" && !HasOpenClDevice()) GTEST_SKIP() << "no OpenCL device";
  const std::vector<int64_t> expected = ExpectedTokens();
  ASSERT_EQ(64u, expected.size());
  std::optional<CompiledModel> compiled = CompileOrFail(MadeModel("decoder.onnx"), GetParam());
  ASSERT_TRUE(compiled.has_value());
  StatusOr<Request> request = compiled->NewRequest();
  ASSERT_TRUE(request.ok()) << request.status().message();
  for (int text = 0; text < 2; ++text) {
    const Status begun = BeginText(&*compiled, &*request);
    ASSERT_TRUE(begun.ok()) << begun.message();
    std::vector<int64_t> tokens;
    int64_t token = kFirstToken;
    for (size_t position = 0; position < expected.size(); ++position) {
      const StatusOr<int64_t> next = NextToken(&*request, token, static_cast<int64_t>(position));
      ASSERT_TRUE(next.ok()) << next.status().message();
      token = *next;
      tokens.push_back(token);
    }
    EXPECT_EQ(expected, tokens);
  }
  EXPECT_LE(compiled->statistics().plans, 2u) << "one for all outputs, one for the scores";
}

CompileOptions With(const std::string& device, CompileOptions::Storage storage) {
  CompileOptions options;
  options.device = device;
  options.storage = storage;
  return options;
}

INSTANTIATE_TEST_SUITE_P(Devices, Decoder,
                         testing::Values(With("cpu", CompileOptions::Storage::kAuto),
                                         With("gpu", CompileOptions::Storage::kAuto),
                                         With("gpu", CompileOptions::Storage::kImage)),
                         [](const auto& info) {
                           if (info.param.device == "cpu") return std::string("Cpu");
                           return std::string(info.param.storage == CompileOptions::Storage::kImage
                                                  ? "Image"
                                                  : "Auto");
                         });

// The states of one run are the inputs of the next, which is the same as feeding them by hand. Keys
// and values of the first block change places, so that the second run differs from the first.
TEST(RunCommand, CarriesStates) {
  const std::string folder = FreshFolder("states");
  const std::string digits = ProjectFile("models/digits/digits.pb");
  ExpectRefused(RunMace({"run", digits, "--device", "cpu", "--state", "output=input"}),
                kExitBadModelOrInput, "state: output 'output'");
  ExpectRefused(RunMace({"run", digits, "--device", "cpu", "--state", "output"}),
                kExitBadModelOrInput, "--state: expected NAME=VALUE");

  const std::string number = JoinPath(folder, "number.npy");
  const int64_t seven = 7;
  ASSERT_TRUE(
      WriteNpy(number, "<i8", {1}, Bytes(reinterpret_cast<const uint8_t*>(&seven), sizeof(seven)))
          .ok());
  const std::vector<std::string> arguments = {
      "run",     MadeModel("decoder.onnx"), "--device", "cpu",
      "--input", "token=" + number,         "--input",  "position=" + number};
  const auto run = [&](const std::string& name, std::vector<std::string> more) {
    more.insert(more.begin(), arguments.begin(), arguments.end());
    more.insert(more.end(), {"--output-dir", JoinPath(folder, name)});
    const CommandResult result = RunMace(more);
    EXPECT_EQ(0, result.exit_code) << result.err;
  };
  run("once", {"--random-inputs"});
  std::vector<std::string> fed = {"--random-inputs"};
  std::vector<std::string> carried = {"--random-inputs", "--iterations", "2"};
  const std::map<std::string, std::string> states = {
      {"key_0", "value_0"}, {"value_0", "key_0"}, {"key_1", "key_1"}, {"value_1", "value_1"}};
  for (const auto& [from, to] : states) {
    fed.insert(fed.end(), {"--input", "past_" + to + "=" + folder + "/once/" + from + ".npy"});
    carried.insert(carried.end(), {"--state", from + "=past_" + to});
  }
  run("fed", fed);
  run("carried", carried);
  const std::string scores = ReadText(folder + "/carried/scores.npy");
  EXPECT_TRUE(ReadText(folder + "/fed/scores.npy") == scores);
  EXPECT_FALSE(ReadText(folder + "/once/scores.npy") == scores);
}

}  // namespace
}  // namespace mace
