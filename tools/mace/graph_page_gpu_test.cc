// `mace inspect --html` with a device: variants, times and errors of each node.
#include <gtest/gtest.h>

#include <string>

#include "tools/mace/exit_code.h"
#include "tools/mace/test_support.h"

namespace mace {
namespace {

TEST(GraphPage, HasVariantsTimesAndErrors) {
  if (!HasOpenClDevice()) GTEST_SKIP() << "no OpenCL device";
  const std::string file = FreshFolder("page") + "/graph.html";
  const CommandResult result =
      RunMace({"inspect", ProjectFile("models/digits/digits.pb"), "--device", "gpu", "--html", file,
               "--iterations", "2", "--errors"});
  ASSERT_EQ(result.exit_code, kExitDone) << result.err;
  const std::string page = ReadText(file);
  const std::string begin = "application/json\">";
  const size_t from = page.find(begin) + begin.size();
  const Json data = Json::parse(page.substr(from, page.find("</script>", from) - from), nullptr,
                                /*allow_exceptions=*/false);
  ASSERT_TRUE(data.is_object());
  EXPECT_EQ(data["errors"], true);
  size_t with_error = 0;
  double sum = 0;
  for (const Json& node : data["nodes"]) {
    sum += node["ms"].get<double>();
    if (node["place"] != "image" && node["place"] != "buffer") continue;
    size_t chosen = 0;
    for (const Json& variant : node["variants"]) {
      if (variant["chosen"] != true) continue;
      ++chosen;
      EXPECT_EQ(variant["name"], node["variant"]);
    }
    EXPECT_EQ(chosen, 1u) << node;
    if (node["error"].is_null()) continue;
    ++with_error;
    EXPECT_EQ(node["error"]["departs"], false) << node;
    EXPECT_LE(node["error"]["own_share"].get<double>(), data["rtol"].get<double>());
  }
  EXPECT_GT(with_error, 0u);
  EXPECT_GT(sum, 0);
}

}  // namespace
}  // namespace mace
