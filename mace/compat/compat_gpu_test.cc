// The API of Xiaomi's MACE with the digits network: formats, shapes, errors, caches, threads.
// upstream_program_test.py tests it from outside, with reference outputs.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "mace/compat/mace.h"
#include "mace/testing/temporary_folder.h"

namespace mace {
namespace {

using Code = MaceStatus::Code;

std::vector<unsigned char> ReadBytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.is_open()) << path;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::shared_ptr<float> Floats(size_t count, float first = 0, float step = 0) {
  std::shared_ptr<float> data(new float[count], std::default_delete<float[]>());
  for (size_t i = 0; i < count; ++i) data.get()[i] = first + step * static_cast<float>(i);
  return data;
}

using Tensors = std::map<std::string, MaceTensor>;

// A picture of 8 by 8, which is not symmetric.
Tensors Picture(DataFormat format = DataFormat::NHWC) {
  const bool is_first = format == DataFormat::NCHW;
  const std::vector<int64_t> shape =
      is_first ? std::vector<int64_t>{1, 1, 8, 8} : std::vector<int64_t>{1, 8, 8, 1};
  return {{"input", MaceTensor(shape, Floats(64, 0, 1.f / 64), format)}};
}

Tensors Scores(std::vector<int64_t> shape = {1, 10}) {
  size_t count = 1;
  for (const int64_t extent : shape) count *= static_cast<size_t>(extent);
  return {{"output", MaceTensor(std::move(shape), Floats(count))}};
}

struct Made {
  MaceStatus status;
  std::shared_ptr<MaceEngine> engine;
};

Made MakeDigits(const MaceEngineConfig& config, const std::string& input = "input",
                const std::string& output = "output") {
  const std::vector<unsigned char> graph = ReadBytes("models/digits/digits.pb");
  const std::vector<unsigned char> weights = ReadBytes("models/digits/digits.data");
  Made made;
  made.status = CreateMaceEngineFromProto(graph.data(), graph.size(), weights.data(),
                                          weights.size(), {input}, {output}, config, &made.engine);
  return made;
}

std::vector<float> RunFor(MaceEngine* engine, const Tensors& inputs, const std::string& name) {
  Tensors outputs = {{name, MaceTensor({10000}, Floats(10000), DataFormat::NONE)}};
  const MaceStatus status = engine->Run(inputs, &outputs);
  EXPECT_EQ(Code::MACE_SUCCESS, status.code()) << status.information();
  size_t count = 1;
  for (const int64_t extent : outputs[name].shape()) count *= static_cast<size_t>(extent);
  const float* const data = outputs[name].data().get();
  return {data, data + count};
}

TEST(CompatStatus, CodesAndWords) {
  EXPECT_EQ("Success", MaceStatus().information());
  const MaceStatus status(Code::MACE_UNSUPPORTED, "no such device");
  EXPECT_EQ("Unsupported: no such device", status.information());
  EXPECT_TRUE(status == MaceStatus::MACE_UNSUPPORTED);
  EXPECT_TRUE(status != MaceStatus::MACE_SUCCESS);
  EXPECT_EQ(Code::MACE_OUT_OF_RESOURCES, MaceStatus(ResourceExhausted("x")).code());
  EXPECT_EQ(Code::MACE_INVALID_ARGS, MaceStatus(NotFound("x")).code());
  EXPECT_EQ(Code::MACE_RUNTIME_ERROR, MaceStatus(DeviceLost("x")).code());
  const Status back = status;
  EXPECT_EQ(StatusCode::kUnsupported, back.code());
  const auto both = [](const MaceStatus& first) -> MaceStatus {
    MACE_RETURN_IF_ERROR(first);
    MACE_RETURN_IF_ERROR(Corruption("bytes"));
    return MaceStatus();
  };
  EXPECT_EQ("Unsupported: no such device", both(status).information());
  EXPECT_EQ("Invalid arguments: bytes", both(MaceStatus()).information());
}

TEST(CompatTensor, TransposesBothWays) {
  using compat_internal::AxisOrder;
  const std::vector<int64_t> first = {2, 3, 4, 5};  // [N, C, H, W]
  const std::vector<int64_t> last = compat_internal::OtherDims(first, AxisOrder::kChannelsFirst);
  EXPECT_EQ((std::vector<int64_t>{2, 4, 5, 3}), last);
  EXPECT_EQ(first, compat_internal::OtherDims(last, AxisOrder::kChannelsLast));
  const std::shared_ptr<float> from = Floats(120, 0, 1), to = Floats(120), again = Floats(120);
  compat_internal::Transpose(from.get(), to.get(), first, AxisOrder::kChannelsFirst, 4);
  for (int n = 0; n < 2; ++n) {
    for (int c = 0; c < 3; ++c) {
      for (int pixel = 0; pixel < 20; ++pixel) {
        EXPECT_EQ(from.get()[(n * 3 + c) * 20 + pixel], to.get()[(n * 20 + pixel) * 3 + c]);
      }
    }
  }
  compat_internal::Transpose(to.get(), again.get(), last, AxisOrder::kChannelsLast, 4);
  for (int i = 0; i < 120; ++i) EXPECT_EQ(from.get()[i], again.get()[i]);
}

TEST(CompatTensor, ElementTypes) {
  EXPECT_EQ(DType::kInt32, compat_internal::HeldType(IDT_FLOAT, DType::kInt32));
  EXPECT_EQ(DType::kFloat32, compat_internal::HeldType(IDT_FLOAT, DType::kFloat16));
  EXPECT_EQ(DType::kUInt8, compat_internal::HeldType(IDT_UINT8, DType::kFloat32));
  EXPECT_EQ(DType::kInt16, compat_internal::HeldType(IDT_INT16, DType::kFloat32));
}

TEST(CompatConfig, HintsAreAcceptedAndAcceleratorsAreNot) {
  MaceEngineConfig config(DeviceType::GPU);
  const MaceStatus hints = config.SetGPUHints(PERF_HIGH, PRIORITY_LOW);
  EXPECT_EQ(Code::MACE_SUCCESS, hints.code());
  EXPECT_NE(std::string::npos, hints.information().find("no effect"));
  EXPECT_EQ(Code::MACE_SUCCESS, config.SetCPUThreadPolicy(4, AFFINITY_BIG_ONLY).code());
  EXPECT_EQ(Code::MACE_UNSUPPORTED, config.SetHexagonToUnsignedPD().code());
  EXPECT_EQ(Code::MACE_UNSUPPORTED, config.SetAPUHints(100, NEURON_PREFER_LOW_POWER).code());
  EXPECT_STREQ(Version(), MaceVersion());
  EXPECT_TRUE(GetCapability(DeviceType::CPU).supported);
  EXPECT_TRUE(GetCapability(DeviceType::GPU).supported);
  EXPECT_FALSE(GetCapability(DeviceType::HEXAGON).supported);
  std::vector<int> big, little;
  if (GetBigLittleCoreIDs(&big, &little) == MaceStatus::MACE_SUCCESS) {
    EXPECT_FALSE(big.empty());
    EXPECT_FALSE(little.empty());
  }
  EXPECT_EQ(Code::MACE_INVALID_ARGS, GetBigLittleCoreIDs(&big, nullptr).code());
}

TEST(CompatEngine, RefusesWhatDoesNotFit) {
  const MaceEngineConfig hexagon(DeviceType::HEXAGON);
  const Made none = MakeDigits(hexagon);
  EXPECT_EQ(Code::MACE_UNSUPPORTED, none.status.code());
  EXPECT_EQ(nullptr, none.engine);
  const MaceEngineConfig cpu(DeviceType::CPU);
  EXPECT_EQ(Code::MACE_INVALID_ARGS, MakeDigits(cpu, "picture").status.code());
  EXPECT_EQ(Code::MACE_INVALID_ARGS, MakeDigits(cpu, "input", "score").status.code());
  const Made made = MakeDigits(cpu);
  ASSERT_EQ(Code::MACE_SUCCESS, made.status.code()) << made.status.information();
  Tensors outputs = Scores();
  EXPECT_EQ(Code::MACE_INVALID_ARGS, made.engine->Run({}, &outputs).code());
  EXPECT_EQ(Code::MACE_INVALID_ARGS, made.engine->Run(Picture(), nullptr).code());
  Tensors small = Scores({1, 9});
  EXPECT_EQ(
      "Invalid arguments: output 'output': expected memory for 10 elements [1, 10], found the "
      "shape [1, 9]",
      made.engine->Run(Picture(), &small).information());
  Tensors other = {{"score", Scores()["output"]}};
  EXPECT_EQ(Code::MACE_INVALID_ARGS, made.engine->Run(Picture(), &other).code());
  Tensors without = {{"output", MaceTensor({1, 10}, nullptr)}};
  EXPECT_EQ(Code::MACE_INVALID_ARGS, made.engine->Run(Picture(), &without).code());
  const Tensors on_gpu = {
      {"input", MaceTensor({1, 8, 8, 1}, Floats(64), DataFormat::NHWC, IDT_FLOAT, GPU_BUFFER)}};
  EXPECT_EQ(Code::MACE_UNSUPPORTED, made.engine->Run(on_gpu, &outputs).code());
  // A refused run leaves the engine usable.
  EXPECT_EQ(Code::MACE_SUCCESS, made.engine->Run(Picture(), &outputs).code());
}

TEST(CompatEngine, OutputsMayHaveMoreRoomAndAnotherShape) {
  const Made made = MakeDigits(MaceEngineConfig(DeviceType::CPU));
  ASSERT_EQ(Code::MACE_SUCCESS, made.status.code()) << made.status.information();
  const std::vector<float> expected = RunFor(made.engine.get(), Picture(), "output");
  ASSERT_EQ(10u, expected.size());
  for (const std::vector<int64_t>& shape :
       {std::vector<int64_t>{1, 10}, {10}, {1, 1, 1, 10}, {4, 25}}) {
    Tensors outputs = Scores(shape);
    const float* const memory = outputs["output"].data().get();
    RunMetadata metadata;
    ASSERT_EQ(Code::MACE_SUCCESS, made.engine->Run(Picture(), &outputs, &metadata).code());
    EXPECT_EQ((std::vector<int64_t>{1, 10}), outputs["output"].shape());
    EXPECT_EQ(memory, outputs["output"].data().get());
    for (size_t i = 0; i < 10; ++i) EXPECT_EQ(expected[i], memory[i]) << i;
    ASSERT_EQ(1u, metadata.op_stats.size());
    EXPECT_GE(metadata.op_stats[0].stats.end_micros, metadata.op_stats[0].stats.start_micros);
    EXPECT_GT(metadata.op_stats[0].stats.start_micros, int64_t{1500000000} * 1000000);
  }
}

// Inner tensors of the TensorFlow graph as outputs: [1, 8, 8, 16] and [1, 10].
TEST(CompatEngine, FormatsAndSelectedOutputs) {
  const std::string inner = "conv_1/Relu6";
  LoadOptions options;
  options.outputs = {inner, "output"};
  const StatusOr<Model> model = Model::Load("models/digits/digits_frozen.pb", options);
  ASSERT_TRUE(model.ok()) << model.status().message();
  const MaceEngineConfig config(DeviceType::CPU);
  std::shared_ptr<MaceEngine> engine;
  ASSERT_EQ(Code::MACE_SUCCESS,
            CreateMaceEngineFromModel(*model, {"input"}, {inner}, config, &engine).code());
  Tensors last = {{inner, MaceTensor({1, 8, 8, 16}, Floats(1024))}};
  Tensors first = {{inner, MaceTensor({1, 16, 8, 8}, Floats(1024), DataFormat::NCHW)}};
  ASSERT_EQ(Code::MACE_SUCCESS, engine->Run(Picture(), &last).code());
  ASSERT_EQ(Code::MACE_SUCCESS, engine->Run(Picture(DataFormat::NCHW), &first).code());
  EXPECT_EQ((std::vector<int64_t>{1, 8, 8, 16}), last[inner].shape());
  EXPECT_EQ((std::vector<int64_t>{1, 16, 8, 8}), first[inner].shape());
  float largest = 0;
  for (size_t pixel = 0; pixel < 64; ++pixel) {
    for (size_t channel = 0; channel < 16; ++channel) {
      const float value = last[inner].data().get()[pixel * 16 + channel];
      EXPECT_EQ(value, first[inner].data().get()[channel * 64 + pixel]);
      largest = std::max(largest, value);
    }
  }
  EXPECT_GT(largest, 0.f);
  // The other output was not asked for when the engine was made.
  Tensors scores = Scores();
  EXPECT_NE(Code::MACE_SUCCESS, engine->Run(Picture(), &scores).code());
}

TEST(CompatEngine, RunsOfSeveralThreads) {
  const Made made = MakeDigits(MaceEngineConfig(DeviceType::GPU));
  ASSERT_EQ(Code::MACE_SUCCESS, made.status.code()) << made.status.information();
  const std::vector<float> expected = RunFor(made.engine.get(), Picture(), "output");
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(expected, RunFor(made.engine.get(), Picture(), "output"));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// The status of the cache of an engine with this context, after a run.
std::string CacheStatus(std::shared_ptr<GPUContext> context) {
  MaceEngineConfig config(DeviceType::GPU);
  config.SetGPUContext(std::move(context));
  const Made made = MakeDigits(config);
  EXPECT_EQ(Code::MACE_SUCCESS, made.status.code()) << made.status.information();
  if (made.engine == nullptr) return "no engine";
  EXPECT_EQ(10u, RunFor(made.engine.get(), Picture(), "output").size());
  return made.engine->compiled_model().statistics().cache.status;
}

TEST(CompatCache, StoragePathAndShippedPrograms) {
  const TemporaryFolder folder;
  const std::string cache = folder.At("mace-cl-compiled-program.bin");
  EXPECT_EQ("off", CacheStatus(nullptr));
  const auto in_folder = GPUContextBuilder().SetStoragePath(folder.path()).Finalize();
  EXPECT_EQ("cold", CacheStatus(in_folder));
  EXPECT_EQ("warm", CacheStatus(in_folder));
  EXPECT_EQ("warm", CacheStatus(GPUContextBuilder().SetOpenCLCacheFullPath(cache).Finalize()));

  // Shipped programs that fit: the storage path stays empty.
  const TemporaryFolder storage;
  const std::string own = storage.At("mace-cl-compiled-program.bin");
  EXPECT_EQ("warm", CacheStatus(GPUContextBuilder()
                                    .SetStoragePath(storage.path())
                                    .SetOpenCLBinaryPaths({"no/such/file", cache})
                                    .Finalize()));
  const std::vector<unsigned char> bytes = ReadBytes(cache);
  EXPECT_EQ("warm", CacheStatus(GPUContextBuilder()
                                    .SetStoragePath(storage.path())
                                    .SetOpenCLBinary(bytes.data(), bytes.size())
                                    .Finalize()));
  EXPECT_FALSE(std::ifstream(own).is_open());

  // Shipped programs that do not fit, such as a file of Xiaomi's MACE.
  const unsigned char foreign[] = "not a cache file of this engine";
  GPUContextBuilder builder;
  builder.SetStoragePath(storage.path() + "/").SetOpenCLBinary(foreign, sizeof(foreign));
  EXPECT_EQ("cold", CacheStatus(builder.Finalize()));
  EXPECT_EQ("warm", CacheStatus(builder.Finalize()));
  EXPECT_TRUE(std::ifstream(own).is_open());
}

}  // namespace
}  // namespace mace
