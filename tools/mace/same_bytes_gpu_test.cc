// Equal builds give equal cache files, wherever, by whomever and in which order they are made; and
// a device's answers are the same bits in each process. (rerun_gpu_test.cc compares the runs of one
// process, and the tests of tiles those of split sums.)
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "mace/base/files.h"
#include "tools/mace/exit_code.h"
#include "tools/mace/test_support.h"

namespace mace {
namespace {

class SameBytes : public testing::Test {
 protected:
  void SetUp() override {
    if (!HasOpenClDevice()) GTEST_SKIP() << "no OpenCL device";
  }

  // Another user's place to work in: folders of its own for all that a driver writes.
  class Place {
   public:
    explicit Place(const std::string& name) : folder_(FreshFolder(name)) {
      for (const char* part : {"home", "temporary", "driver"}) {
        EXPECT_TRUE(MakeDirectories(At(part)).ok());
      }
    }
    std::string At(const std::string& name) const { return JoinPath(folder_, name); }
    const std::string& folder() const { return folder_; }

    CommandResult Run(const std::vector<std::string>& words) const {
      CommandResult result = RunMace(words, {{"HOME", At("home")},
                                             {"TMPDIR", At("temporary")},
                                             {"POCL_CACHE_DIR", At("driver")},
                                             {"CUDA_CACHE_PATH", At("driver")}});
      EXPECT_EQ(result.exit_code, kExitDone) << result.err;
      return result;
    }

    // The bytes of the cache file that `mace cache build` makes of the models.
    std::string Build(const std::vector<std::string>& models,
                      const std::vector<std::string>& more = {}) const {
      std::vector<std::string> words = {"cache", "build", "--cache", At("built.bin")};
      words.insert(words.begin() + 2, models.begin(), models.end());
      words.insert(words.end(), more.begin(), more.end());
      Run(words);
      return ReadText(At("built.bin"));
    }

   private:
    const std::string folder_;
  };

  static void ExpectEqualBytes(const std::string& expected, const std::string& found) {
    ASSERT_FALSE(expected.empty());
    EXPECT_EQ(expected.size(), found.size());
    const size_t size = std::min(expected.size(), found.size());
    size_t differ = 0;
    for (size_t i = 0; i < size; ++i) differ += expected[i] != found[i] ? 1 : 0;
    EXPECT_EQ(0u, differ) << "bytes differ";
  }

  const std::string digits_ = ProjectFile("models/digits/digits.pb");
  const std::string mobilenet_ = MadeModel("mobilenet_v1.pb");
};

TEST_F(SameBytes, BuildsInTwoPlacesAndOrders) {
  for (const char* memory : {"image", "buffer"}) {
    SCOPED_TRACE(memory);
    const Place first("first"), second("second_whose_name_is_longer");
    ExpectEqualBytes(first.Build({digits_, mobilenet_}, {"--memory", memory}),
                     second.Build({mobilenet_, digits_}, {"--memory", memory}));
    // The next build uses what the file has, and notes that the driver could. From then on nothing is
    // new, and nothing changes.
    const std::string before = first.Build({digits_, mobilenet_}, {"--memory", memory});
    ExpectEqualBytes(before, first.Build({digits_, mobilenet_}, {"--memory", memory}));
  }
}

TEST_F(SameBytes, AFileThatIsThereGetsOneGenerationMore) {
  const Place first("first"), second("second_whose_name_is_longer");
  first.Build({digits_});
  second.Build({digits_});
  const std::vector<std::string> more = {"--memory", "image"};
  ExpectEqualBytes(first.Build({digits_, mobilenet_}, more),
                   second.Build({mobilenet_, digits_}, more));
  const Json info = first.Run({"cache", "info", first.At("built.bin"), "--json", "-"}).OutJson();
  EXPECT_EQ(2, info["generation"].get<int>());
}

TEST_F(SameBytes, ColdStartsInTwoPlaces) {
  const Place first("first"), second("second_whose_name_is_longer");
  for (const Place* place : {&first, &second}) {
    place->Run({"run", digits_, "--cache", place->At("run.bin")});
  }
  const std::string bytes = ReadText(first.At("run.bin"));
  ExpectEqualBytes(bytes, ReadText(second.At("run.bin")));
  ExpectEqualBytes(bytes, Place("third").Build({digits_}));
}

// PoCL keeps code of earlier launches in its folder, which another build must not find in its
// binary.
TEST_F(SameBytes, ADriverThatHasSeenOtherLaunches) {
  const std::vector<std::string> image = {"--memory", "image"};
  const Place used("used"), fresh("fresh");
  used.Run(
      {"run", digits_, "--memory", "image", "--input-shape", "input=3,8,8,1", "--cache", "none"});
  ExpectEqualBytes(fresh.Build({digits_}, image), used.Build({digits_}, image));
}

TEST_F(SameBytes, NothingNamesTheMachineOrItsUser) {
  const Place place("place_with_a_name_to_look_for");
  std::string bytes = place.Build({digits_, mobilenet_}, {"--memory", "image"});
  bytes += place.Build({digits_}, {"--memory", "buffer"});
  char host[256] = {};
  ASSERT_EQ(0, gethostname(host, sizeof(host) - 1));
  std::vector<std::string> names = {place.folder(), DirectoryName(place.folder()),
                                    "place_with_a_name", "tempfile_", DirectoryName(digits_)};
  const char* user = getlogin();
  for (const std::string& name : {std::string(host), std::string(user == nullptr ? "" : user)}) {
    // A short name stands in code by chance, and "root" in words.
    if (name.size() >= 8) names.push_back(name);
  }
  for (const std::string& name : names) {
    EXPECT_EQ(std::string::npos, bytes.find(name)) << name << " stands in the file";
  }
}

// What stands in the file is not what the driver gave: it must be as good.
TEST_F(SameBytes, TheFileStartsWarmAndAnswersTheSame) {
  for (const std::string& model : {digits_, mobilenet_}) {
    const Place place("builder"), user("user_with_an_empty_driver");
    place.Build({model}, {"--memory", "image"});
    const auto run = [&](const Place& where, const std::string& cache) {
      const Json json = where
                            .Run({"run", model, "--memory", "image", "--cache", cache,
                                  "--output-dir", where.At("outputs"), "--json", "-"})
                            .OutJson();
      return json;
    };
    const Json warm = run(user, place.At("built.bin")), plain = run(place, "none");
    EXPECT_EQ(0, warm["cache"]["built_from_source"].get<int>()) << warm["cache"];
    for (size_t i = 0; i < warm["outputs"].size(); ++i) {
      ExpectEqualBytes(ReadText(plain["outputs"][i]["file"].get<std::string>()),
                       ReadText(warm["outputs"][i]["file"].get<std::string>()));
    }
  }
}

// Cold, warm and without a file, after one run and after several.
TEST_F(SameBytes, AnswersOfOneDeviceAreTheSameBits) {
  for (const char* memory : {"image", "buffer"}) {
    for (const std::string& model : {digits_, mobilenet_}) {
      SCOPED_TRACE(model + " " + memory);
      const Place first("first"), second("second");
      std::vector<std::string> answers;
      const auto run = [&](const Place& place, const std::string& cache, const char* iterations) {
        const Json json =
            place
                .Run({"run", model, "--memory", memory, "--cache", cache, "--iterations",
                      iterations, "--output-dir", place.At("outputs"), "--json", "-"})
                .OutJson();
        std::string all;
        for (const Json& output : json["outputs"]) {
          all += ReadText(output["file"].get<std::string>());
        }
        answers.push_back(all);
      };
      run(first, first.At("run.bin"), "1");
      run(first, first.At("run.bin"), "5");
      run(second, first.At("run.bin"), "2");
      run(second, "none", "1");
      for (const std::string& answer : answers) ExpectEqualBytes(answers[0], answer);
    }
  }
}

}  // namespace
}  // namespace mace
