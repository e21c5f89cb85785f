#include "mace/runtime/model_reader.h"

#include <gtest/gtest.h>

namespace mace {
namespace {

constexpr const char* kDigits = "models/digits/digits.pb";

TEST(ModelReader, GivesTheModelOfTheFile) {
  const StatusOr<std::shared_ptr<Graph>> expected = ImportModel(kDigits, {});
  ASSERT_TRUE(expected.ok()) << expected.status().message();
  ModelReader reader(kDigits, {});
  const StatusOr<std::shared_ptr<const Graph>> found = reader.Take();
  ASSERT_TRUE(found.ok()) << found.status().message();
  EXPECT_EQ((*found)->name, (*expected)->name);
  EXPECT_EQ((*found)->nodes.size(), (*expected)->nodes.size());
  EXPECT_EQ((*found)->values.size(), (*expected)->values.size());
}

TEST(ModelReader, AFaultOfTheFileComesWithTheModel) {
  ModelReader reader("no/such/model.pb", {});
  const StatusOr<std::shared_ptr<const Graph>> found = reader.Take();
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.status().code(), StatusCode::kNotFound);
  EXPECT_NE(found.status().message().find("no/such/model.pb"), std::string::npos);
}

TEST(ModelReader, NobodyNeedsToTakeIt) {
  for (int i = 0; i < 20; ++i) ModelReader reader(kDigits, {});
}

}  // namespace
}  // namespace mace
