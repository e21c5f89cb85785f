#include "mace/cache/program_key.h"

#include <gtest/gtest.h>

#include <set>

namespace mace {
namespace {

ProgramIdentity Identity() {
  return {
      "source", "options", {"device", "vendor", "device 1", "driver 1", "platform", "platform 1"}};
}

TEST(ProgramKeyTest, EveryFieldCounts) {
  std::set<Sha256Digest> keys = {ProgramKey(Identity())};
  for (const auto field : {&ProgramIdentity::source, &ProgramIdentity::build_options}) {
    ProgramIdentity other = Identity();
    other.*field += "x";
    EXPECT_TRUE(keys.insert(ProgramKey(other)).second);
  }
  for (const auto text : kDeviceTexts) {
    ProgramIdentity other = Identity();
    other.device.*text += "x";
    EXPECT_TRUE(keys.insert(ProgramKey(other)).second);
  }
  EXPECT_EQ(9u, keys.size());
  EXPECT_EQ(ProgramKey(Identity()), ProgramKey(Identity()));
}

TEST(ProgramKeyTest, FieldsDoNotRunTogether) {
  ProgramIdentity moved = Identity();
  moved.source = "sourceo";
  moved.build_options = "ptions";
  EXPECT_NE(ProgramKey(Identity()), ProgramKey(moved));
  EXPECT_NE(SourceHash("ab", "c"), SourceHash("a", "bc"));
}

TEST(ProgramKeyTest, TheSourceHashKnowsNoDevice) {
  const ProgramIdentity identity = Identity();
  EXPECT_EQ(SourceHash("source", "options"), SourceHash(identity.source, identity.build_options));
  EXPECT_NE(SourceHash("source", "options"), SourceHash("source", "options -O2"));
}

}  // namespace
}  // namespace mace
