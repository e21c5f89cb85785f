#include "mace/graph/derived_constants.h"

#include <gtest/gtest.h>

#include <vector>

#include "mace/graph/node.h"

namespace mace {
namespace {

HostTensor Floats(std::vector<float> values) {
  const Shape shape({static_cast<int64_t>(values.size())});
  return HostTensor::FromVector(DType::kFloat32, shape, std::move(values));
}

ConstantIdentity DerivedOf(const HostTensor& constant, int64_t number = 1) {
  IdentityHasher hasher("test");
  hasher.Add(std::vector<int64_t>{number});
  hasher.Add(constant);
  return hasher.Finish();
}

TEST(ConstantIdentity, ElementsNameWhatHasNoOtherName) {
  EXPECT_EQ(IdentityOf(Floats({1, 2})), IdentityOf(Floats({1, 2})));
  EXPECT_FALSE(IdentityOf(Floats({1, 2})) == IdentityOf(Floats({1, 3})));
  EXPECT_FALSE(IdentityOf(HostTensor()).is_known());
}

TEST(ConstantIdentity, AStoredConstantIsKnownByItsNameAlone) {
  HostTensor a = Floats({1}), b = Floats({2});
  a.set_identity(StoredIdentity("test", "a"));
  b.set_identity(StoredIdentity("test", "b"));
  EXPECT_FALSE(IdentityOf(a) == IdentityOf(b));
  EXPECT_FALSE(StoredIdentity("ab", "c") == StoredIdentity("a", "bc"));
  EXPECT_EQ(IdentityOf(a), IdentityOf(a.Reshaped(Shape({1, 1}))));
  const HostTensor half = *a.ConvertTo(DType::kFloat16);
  EXPECT_TRUE(half.identity().is_known());
  EXPECT_FALSE(half.identity() == a.identity());
  EXPECT_EQ(half.identity(), ConvertedIdentity(a, DType::kFloat16));
  // Who may write makes other elements of it.
  a.mutable_data<float>()[0] = 3;
  EXPECT_FALSE(a.identity().is_known());
}

TEST(ConstantIdentity, DependsOnAllThatItIsMadeOf) {
  const HostTensor a = Floats({1, 2, 3, 4});
  EXPECT_EQ(DerivedOf(a), DerivedOf(Floats({1, 2, 3, 4})));
  EXPECT_FALSE(DerivedOf(a) == DerivedOf(a, 2));
  EXPECT_FALSE(DerivedOf(a) == DerivedOf(a.Reshaped(Shape({2, 2}))));
  EXPECT_FALSE(DerivedOf(HostTensor()).is_known());
}

TEST(ConstantIdentity, DependsOnEveryBitOfAnAttribute) {
  const auto identity = [](double epsilon) {
    Node node;
    node.type = "Test";
    node.attributes.Set("epsilon", epsilon);
    IdentityHasher hasher("node");
    hasher.AddOperation(node);
    return hasher.Finish();
  };
  EXPECT_EQ(identity(1e-7), identity(1e-7));
  EXPECT_FALSE(identity(1e-7) == identity(1e-9));
}

TEST(DerivedConstants, AreMadeOnceAsLongAsSomebodyHasThem) {
  DerivedConstants derived;
  int made = 0;
  const auto make = [&]() -> StatusOr<HostTensor> {
    ++made;
    return Floats({5});
  };
  const ConstantIdentity identity = StoredIdentity("test", "a");
  {
    const HostTensor first = *derived.Get(identity, make), second = *derived.Get(identity, make);
    EXPECT_EQ(1, made);
    EXPECT_EQ(first.address_range().data(), second.address_range().data());
    EXPECT_EQ(identity, second.identity());
    EXPECT_EQ(5.0f, second.f32()[0]);
  }
  ASSERT_TRUE(derived.Get(identity, make).ok());
  EXPECT_EQ(2, made) << "nobody kept it";
  ASSERT_TRUE(derived.Get(ConstantIdentity(), make).ok());
  EXPECT_EQ(3, made);
}

TEST(DerivedConstants, AnErrorOrNothingIsNotKept) {
  DerivedConstants derived;
  const ConstantIdentity identity = StoredIdentity("test", "a");
  EXPECT_EQ(StatusCode::kInternal,
            derived.Get(identity, [] { return Internal("refused"); }).status().code());
  const auto nothing = derived.Get(identity, []() -> StatusOr<HostTensor> { return HostTensor(); });
  ASSERT_TRUE(nothing.ok());
  EXPECT_EQ(DType::kInvalid, nothing->dtype());
  EXPECT_EQ(7.0f,
            derived.Get(identity, []() -> StatusOr<HostTensor> { return Floats({7}); })->f32()[0]);
}

TEST(DerivedConstants, AGraphWithoutAnyMakesItsOwn) {
  const ConstantIdentity identity = StoredIdentity("test", "a");
  const auto made =
      DeriveConstant(nullptr, identity, {}, []() -> StatusOr<HostTensor> { return Floats({1}); });
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(identity, made->identity());
}

}  // namespace
}  // namespace mace
