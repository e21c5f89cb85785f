#include "mace/cache/program_key.h"

#include <gtest/gtest.h>

#include <set>

namespace mace {
namespace {

ProgramIdentity Identity() {
  return {"source",   "options",  "device",   "vendor",
          "device 1", "driver 1", "platform", "platform 1"};
}

TEST(ProgramKeyTest, EveryFieldCounts) {
  std::set<Sha256Digest> keys = {ProgramKey(Identity())};
  for (std::string ProgramIdentity::*field :
       {&ProgramIdentity::source, &ProgramIdentity::build_options, &ProgramIdentity::device_name,
        &ProgramIdentity::device_vendor, &ProgramIdentity::device_version,
        &ProgramIdentity::driver_version, &ProgramIdentity::platform_name,
        &ProgramIdentity::platform_version}) {
    ProgramIdentity other = Identity();
    other.*field += "x";
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

TEST(ProgramKeyTest, DeviceAndIdentityRoundTrip) {
  const ProgramIdentity identity = Identity();
  EXPECT_EQ(ProgramKey(identity),
            ProgramKey(MakeIdentity(identity.source, identity.build_options, DeviceOf(identity))));
}

}  // namespace
}  // namespace mace
