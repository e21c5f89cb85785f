// The command's exit codes and its error line, without an OpenCL device.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "mace/base/files.h"
#include "mace/base/npy.h"
#include "tools/mace/exit_code.h"
#include "tools/mace/test_support.h"

namespace mace {
namespace {

std::string Digits() { return ProjectFile("models/digits/digits.pb"); }
std::string Sample() { return ProjectFile("models/digits/samples/digit_3.npy"); }

std::vector<std::string> RunOnCpu(const std::vector<std::string>& more) {
  std::vector<std::string> words = {"run", Digits(), "--device", "cpu"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST(BadUse, IsCodeTwoAndOneLine) {
  struct Use {
    std::vector<std::string> words;
    std::string part;
  };
  const std::vector<Use> uses = {
      {{}, "subcommand"},
      {{"fly"}, "subcommand"},
      {{"run"}, "model"},
      {{"run", Digits(), "--no-such-flag"}, "--no-such-flag"},
      {{"run", Digits(), "--memory", "paper"}, "--memory"},
      {{"run", Digits(), "--precision", "fp8"}, "--precision"},
      {{"run", Digits(), "--tuning", "some"}, "--tuning"},
      {{"run", Digits(), "--device", "abacus"}, "abacus"},
      {{"run", Digits(), "--iterations", "0"}, "--iterations"},
      {{"run", Digits(), "--iterations", "many"}, "--iterations"},
      {{"run", Digits(), "--warmup", "-1"}, "--warmup"},
      {{"run", Digits(), "--input", "input"}, "NAME=VALUE"},
      {{"run", Digits(), "--input", "=x.npy"}, "NAME=VALUE"},
      {{"run", Digits(), "--input-shape", "input=1,8,,1"}, "input"},
      {{"run", Digits(), "--input-shape", "input=1,0,8,1"}, "input"},
      {{"run", Digits(), "--input-shape", "input=1,-8,8,1"}, "input"},
      {{"run", Digits(), "--input-shape", "input=99999999999999999999"}, "input"},
      {{"compare", Digits(), "--max-abs-err", "small"}, "--max-abs-err"},
      {{"inspect", Digits(), "--stage", "last"}, "--stage"},
  };
  for (const Use& use : uses) {
    SCOPED_TRACE(testing::PrintToString(use.words));
    ExpectRefused(RunMace(use.words), kExitBadUse, use.part);
  }
}

TEST(Help, IsCodeZero) {
  const CommandResult result = RunMace({"run", "--help"});
  EXPECT_EQ(result.exit_code, kExitDone);
  for (const char* flag : {"--device", "--memory", "--precision", "--cache", "--input",
                           "--input-shape", "--output-dir", "--iterations", "--json"}) {
    EXPECT_NE(result.out.find(flag), std::string::npos) << flag;
  }
}

TEST(Precision, Tf32IsFloat32WhereThereIsNoUnitForIt) {
  const CommandResult plain = RunMace(RunOnCpu({"--json", "-"}));
  const CommandResult tf32 = RunMace(RunOnCpu({"--precision", "tf32", "--json", "-"}));
  ASSERT_EQ(tf32.exit_code, kExitDone) << tf32.err;
  EXPECT_EQ(tf32.OutJson()["precision"], "tf32");
  EXPECT_NE(tf32.err.find("TF32"), std::string::npos) << tf32.err;
  EXPECT_EQ(plain.err.find("TF32"), std::string::npos) << plain.err;
}

TEST(BadInput, IsCodeThreeAndNamesIt) {
  const std::string folder = FreshFolder("bad_input");
  const std::string wrong_rank = JoinPath(folder, "rank.npy");
  SaveFloats(wrong_rank, *HostTensor::Allocate({DType::kFloat32, Shape({8, 8})}));
  const std::string wrong_shape = JoinPath(folder, "shape.npy");
  SaveFloats(wrong_shape, *HostTensor::Allocate({DType::kFloat32, Shape({1, 8, 8, 2})}));
  const std::string no_npy = JoinPath(folder, "text.npy");
  WriteText(no_npy, "not an array");
  const std::string short_npy = JoinPath(folder, "short.npy");
  const std::string whole = ReadText(Sample());
  WriteText(short_npy, whole.substr(0, whole.size() - 1));
  const std::string complex_npy = JoinPath(folder, "complex.npy");
  std::string other_type = whole;
  other_type.replace(other_type.find("<f4"), 3, "<c8");
  WriteText(complex_npy, other_type);

  ExpectRefused(RunMace(RunOnCpu({"--input", "picture=" + Sample()})), kExitBadModelOrInput,
                "picture");
  ExpectRefused(RunMace(RunOnCpu({"--input", "input=" + folder + "/none.npy"})),
                kExitBadModelOrInput, "none.npy");
  ExpectRefused(RunMace(RunOnCpu({"--input", "input=" + folder})), kExitBadModelOrInput, folder);
  ExpectRefused(RunMace(RunOnCpu({"--input", "input=" + wrong_rank})), kExitBadModelOrInput,
                "[8, 8]");
  ExpectRefused(RunMace(RunOnCpu({"--input", "input=" + wrong_shape})), kExitBadModelOrInput,
                "[1, 8, 8, 2]");
  ExpectRefused(RunMace(RunOnCpu({"--input", "input=" + no_npy})), kExitBadModelOrInput,
                "text.npy");
  ExpectRefused(RunMace(RunOnCpu({"--input", "input=" + short_npy})), kExitBadModelOrInput,
                "short.npy");
  ExpectRefused(RunMace(RunOnCpu({"--input", "input=" + complex_npy})), kExitBadModelOrInput,
                "complex.npy");
  ExpectRefused(RunMace(RunOnCpu({"--input-shape", "picture=1,8,8,1"})), kExitBadModelOrInput,
                "picture");
  ExpectRefused(RunMace(RunOnCpu({"--input-shape", "input=1,8,8,2"})), kExitBadModelOrInput,
                "[1, 8, 8, 2]");
}

TEST(BadOutput, AFileInTheFoldersPlaceIsCodeThree) {
  const std::string folder = FreshFolder("bad_output");
  const std::string file = JoinPath(folder, "file");
  WriteText(file, "in the way");
  ExpectRefused(RunMace(RunOnCpu({"--output-dir", file})), kExitBadModelOrInput, file);
  ExpectRefused(RunMace(RunOnCpu({"--output-dir", file + "/below"})), kExitBadModelOrInput, file);
  EXPECT_EQ(ReadText(file), "in the way");

  // A table may have been printed before, but the failure is still one line.
  const CommandResult json = RunMace(RunOnCpu({"--json", file + "/result.json"}));
  ExpectRefused(json, kExitBadModelOrInput, file);
}

TEST(Device, WithoutADriverTheCpuStillWorks) {
  const Environment no_driver = {{"OCL_ICD_VENDORS", FreshFolder("no_drivers")},
                                 {"OCL_ICD_FILENAMES", ""}};
  ExpectRefused(RunMace({"run", Digits()}, no_driver), kExitDeviceError, "no OpenCL device");
  ExpectRefused(RunMace({"devices"}, no_driver), kExitDeviceError, "no OpenCL device");
  ExpectRefused(RunMace({"compare", Digits()}, no_driver), kExitDeviceError, "no OpenCL device");
  const CommandResult cpu = RunMace(RunOnCpu({"--input", "input=" + Sample()}), no_driver);
  EXPECT_EQ(cpu.exit_code, kExitDone) << cpu.err;
  EXPECT_EQ(cpu.err, "");
}

TEST(Device, OneThatIsNotThereIsNamed) {
  if (!HasOpenClDevice()) GTEST_SKIP() << "no OpenCL device";
  ExpectRefused(RunMace({"run", Digits(), "--device", "gpu:no such device"}), kExitDeviceError,
                "no such device");
  ExpectRefused(RunMace({"run", Digits(), "--device", "gpu:99"}), kExitDeviceError, "99");
}

TEST(Compare, FailureIsCodeOne) {
  const std::string folder = FreshFolder("compare");
  const std::string wrong = JoinPath(folder, "wrong.npy");
  SaveFloats(wrong, *HostTensor::Allocate({DType::kFloat32, Shape({1, 10})}));
  const std::string wrong_shape = JoinPath(folder, "wrong_shape.npy");
  SaveFloats(wrong_shape, *HostTensor::Allocate({DType::kFloat32, Shape({1, 11})}));
  const std::vector<std::string> words = {
      "compare", Digits(), "--device", "cpu", "--input", "input=" + Sample(), "--expect", ""};
  for (const std::string& file : {wrong, wrong_shape}) {
    std::vector<std::string> with_file = words;
    with_file.back() = "output=" + file;
    const CommandResult result = RunMace(with_file);
    EXPECT_EQ(result.exit_code, kExitComparisonFailed) << result.err;
    EXPECT_NE(result.out.find("FAILED"), std::string::npos) << result.out;
  }
  std::vector<std::string> unknown = words;
  unknown.back() = "softmax=" + wrong;
  ExpectRefused(RunMace(unknown), kExitBadModelOrInput, "softmax");
}

TEST(Compare, OutputsOfRunPassAndSayJson) {
  const std::string folder = FreshFolder("compare_good");
  const CommandResult run =
      RunMace(RunOnCpu({"--input", "input=" + Sample(), "--output-dir", folder}));
  ASSERT_EQ(run.exit_code, kExitDone) << run.err;
  const CommandResult compared =
      RunMace({"compare", Digits(), "--device", "cpu", "--input", "input=" + Sample(), "--expect",
               "output=" + folder + "/output.npy", "--max-abs-err", "0", "--json", "-"});
  EXPECT_EQ(compared.exit_code, kExitDone) << compared.err;
  const Json json = compared.OutJson();
  EXPECT_EQ(json.value("passed", false), true);
  ASSERT_EQ(json["outputs"].size(), 1u);
  EXPECT_EQ(json["outputs"][0]["max_abs_error"], 0.0);
}

TEST(NotANumber, IsCarriedThrough) {
  const std::string folder = FreshFolder("nan");
  HostTensor picture = LoadFloats(Sample());
  picture = HostTensor::FromVector(DType::kFloat32, picture.shape(),
                                   std::vector<float>(64, std::numeric_limits<float>::quiet_NaN()));
  SaveFloats(folder + "/nan.npy", picture);
  const CommandResult result = RunMace(
      RunOnCpu({"--input", "input=" + folder + "/nan.npy", "--output-dir", folder + "/outputs"}));
  ASSERT_EQ(result.exit_code, kExitDone) << result.err;
  const HostTensor output = LoadFloats(folder + "/outputs/output.npy");
  ASSERT_EQ(output.shape(), Shape({1, 10}));
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(std::isnan(output.f32()[i])) << i;
}

}  // namespace
}  // namespace mace
