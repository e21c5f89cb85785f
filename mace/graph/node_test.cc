#include "mace/graph/node.h"

#include <gtest/gtest.h>

#include <limits>

namespace mace {
namespace {

TEST(AttributeMap, NumbersConvert) {
  AttributeMap map;
  map.Set("int", int64_t{3});
  map.Set("float", 2.75);
  map.Set("huge", 1e300);
  map.Set("nan", std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(map.GetInt("int", 0), 3);
  EXPECT_EQ(map.GetFloat("int", 0), 3.0);
  EXPECT_EQ(map.GetInt("float", 0), 2);
  EXPECT_EQ(map.GetFloat("float", 0), 2.75);
  EXPECT_EQ(map.GetInt("huge", 0), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(map.GetInt("nan", 5), 0);
  EXPECT_EQ(map.GetInt("none", 7), 7);
  EXPECT_EQ(map.GetFloat("none", 0.5), 0.5);
}

TEST(AttributeMap, Lists) {
  AttributeMap map;
  map.Set("ints", std::vector<int64_t>{1, -2});
  map.Set("floats", std::vector<double>{1.5, -2.5});
  map.Set("one", int64_t{4});
  map.Set("tensor", HostTensor::FromVector<int32_t>(DType::kInt32, {2}, {8, 9}));
  EXPECT_EQ(map.GetInts("ints"), (std::vector<int64_t>{1, -2}));
  EXPECT_EQ(map.GetFloats("ints"), (std::vector<double>{1, -2}));
  EXPECT_EQ(map.GetInts("floats"), (std::vector<int64_t>{1, -2}));
  EXPECT_EQ(map.GetInts("one"), std::vector<int64_t>{4});
  EXPECT_EQ(map.GetFloats("one"), std::vector<double>{4});
  EXPECT_EQ(map.GetInts("tensor"), (std::vector<int64_t>{8, 9}));
  EXPECT_EQ(map.GetFloats("tensor"), (std::vector<double>{8, 9}));
  EXPECT_EQ(map.GetInts("none", {6}), std::vector<int64_t>{6});
  // A list is no number unless it has just one.
  EXPECT_EQ(map.GetInt("ints", 11), 11);
}

TEST(AttributeMap, Texts) {
  AttributeMap map;
  map.Set("text", std::string("RELU"));
  map.Set("int", int64_t{3});
  EXPECT_EQ(map.GetString("text", ""), "RELU");
  EXPECT_EQ(map.GetString("int", "fallback"), "fallback");
  EXPECT_EQ(map.GetInt("text", 9), 9);
  EXPECT_EQ(map.GetFloats("text", {1}), std::vector<double>{1});
  map.Erase("text");
  EXPECT_FALSE(map.Has("text"));
}

}  // namespace
}  // namespace mace
