#include "mace/plan/memory.h"

#include <gtest/gtest.h>

#include <random>

namespace mace {
namespace {

// A plan whose launch i reads the regions `reads[i]` and writes the regions `writes[i]`.
struct Chain {
  Plan plan;

  int AddBuffer(size_t bytes) {
    MemoryRegion region;
    region.bytes = bytes;
    return Add(region, {Layout::kRowMajor, Storage::kBuffer});
  }
  int AddImage(size_t width, size_t height) {
    MemoryRegion region;
    region.storage = Storage::kImage;
    region.image_width = width;
    region.image_height = height;
    region.bytes = width * height * 16;
    return Add(region, {Layout::kChannels4, Storage::kImage});
  }
  int Add(const MemoryRegion& region, const TensorFormat& format) {
    plan.regions.push_back(region);
    DeviceTensor tensor;
    tensor.format = format;
    tensor.region = static_cast<int>(plan.regions.size()) - 1;
    plan.tensors.push_back(tensor);
    return tensor.region;
  }
  void Launch(const std::vector<int>& reads, const std::vector<int>& writes, bool once = false) {
    PlannedLaunch launch;
    for (int tensor : reads) launch.launch.arguments.push_back(InputArgument(tensor));
    for (int tensor : writes) launch.launch.arguments.push_back(OutputArgument(tensor));
    plan.launches.push_back(launch);
    auto& steps = once ? plan.setup_steps : plan.steps;
    steps.push_back({Step::Kind::kLaunch, static_cast<int>(plan.launches.size()) - 1});
  }
  const MemoryRegion& region_of(int tensor) const {
    return plan.regions[static_cast<size_t>(plan.tensors[static_cast<size_t>(tensor)].region)];
  }
};

bool Overlap(const MemoryRegion& a, const MemoryRegion& b) {
  return a.offset_bytes < b.offset_bytes + b.bytes && b.offset_bytes < a.offset_bytes + a.bytes;
}

TEST(PlanMemory, AChainNeedsTwoBuffers) {
  Chain chain;
  for (int i = 0; i < 5; ++i) chain.AddBuffer(1000);
  for (int i = 0; i < 4; ++i) chain.Launch({i}, {i + 1});
  PlanMemory(&chain.plan, {128});
  EXPECT_LE(chain.plan.arena_bytes, 1024u + 1000u);
  EXPECT_EQ(chain.plan.live_bytes, 2 * 1024u);
  for (int i = 0; i < 4; ++i)
    EXPECT_FALSE(Overlap(chain.region_of(i), chain.region_of(i + 1))) << i;
}

TEST(PlanMemory, WhatIsMadeOnceIsNeverShared) {
  Chain chain;
  for (int i = 0; i < 4; ++i) chain.AddBuffer(512);
  chain.Launch({}, {0}, /*once=*/true);
  chain.Launch({0}, {1});
  chain.Launch({1}, {2});
  chain.Launch({2}, {3});
  PlanMemory(&chain.plan, {128});
  for (int i = 1; i < 4; ++i) EXPECT_FALSE(Overlap(chain.region_of(0), chain.region_of(i))) << i;
}

// Placed from the bottom only, the second and fifth would push the ones between them upwards.
TEST(PlanMemory, AChainNeedsNoMoreThanIsAlive) {
  Chain chain;
  for (size_t bytes : {640, 1024, 768, 768, 1024, 640}) chain.AddBuffer(bytes);
  for (int i = 0; i < 5; ++i) chain.Launch({i}, {i + 1});
  PlanMemory(&chain.plan, {128});
  EXPECT_EQ(chain.plan.live_bytes, 1024u + 768u);
  EXPECT_EQ(chain.plan.arena_bytes, chain.plan.live_bytes);
  for (int i = 0; i < 5; ++i)
    EXPECT_FALSE(Overlap(chain.region_of(i), chain.region_of(i + 1))) << i;
}

TEST(PlanMemory, ScratchIsPlacedAndIsNoActivation) {
  Chain chain;
  for (int i = 0; i < 2; ++i) chain.AddBuffer(1024);
  MemoryRegion scratch;
  scratch.bytes = 4096;
  chain.plan.regions.push_back(scratch);
  chain.Launch({0}, {1});
  chain.plan.launches[0].launch.arguments.push_back(ScratchArgument(2));
  PlanMemory(&chain.plan, {128});
  EXPECT_EQ(chain.plan.live_bytes, 2048u);
  EXPECT_EQ(chain.plan.arena_bytes, 2048u + 4096u);
  EXPECT_FALSE(Overlap(chain.plan.regions[2], chain.region_of(0)));
  EXPECT_FALSE(Overlap(chain.plan.regions[2], chain.region_of(1)));
}

TEST(PlanMemory, NothingLiesWhereSomethingLasts) {
  Chain chain;
  for (int i = 0; i < 4; ++i) chain.AddBuffer(1024);
  MemoryRegion counters;
  counters.bytes = 256;
  counters.persistent = true;
  chain.plan.regions.push_back(counters);
  for (int i = 0; i < 3; ++i) chain.Launch({i}, {i + 1});
  chain.plan.launches[1].launch.arguments.push_back(ScratchArgument(4));
  PlanMemory(&chain.plan, {128});
  EXPECT_EQ(chain.plan.arena_bytes, 2048u + 256u);
  for (int i = 0; i < 4; ++i) {
    EXPECT_FALSE(Overlap(chain.plan.regions[4], chain.region_of(i))) << i;
  }
}

TEST(MemoryUse, AddsWeightsArenaAndImages) {
  Chain chain;
  chain.AddBuffer(1000);
  chain.AddImage(10, 8);
  chain.Launch({0}, {1});
  PackedWeights weights;
  weights.elements = 100;
  chain.plan.weights.push_back(weights);
  weights.keep_float32 = true;
  chain.plan.weights.push_back(weights);
  PlanMemory(&chain.plan, {128});
  const MemoryUse use = MemoryUseOf(chain.plan);
  EXPECT_EQ(use.weight_bytes, 200u + 400u);
  EXPECT_EQ(use.activation_bytes, 1000u + 1280u);
  EXPECT_EQ(use.live_bytes, 1024u + 1280u);
  EXPECT_EQ(use.peak_bytes(), 2880u);
  EXPECT_EQ(use.bound_bytes(), 600u + 2304u + 691u);
}

// For any order of sizes, two regions alive at once never share an image, and each one fits.
TEST(PlanMemory, RandomImagesFitAndAreAlone) {
  for (uint32_t seed = 0; seed < 50; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    Chain chain;
    constexpr int kImages = 30;
    std::vector<size_t> widths, heights;
    size_t sum = 0;
    for (int i = 0; i < kImages; ++i) {
      widths.push_back(1 + random() % 300);
      heights.push_back(1 + random() % 100);
      sum += widths.back() * heights.back() * 16;
      chain.AddImage(widths.back(), heights.back());
    }
    for (int i = 0; i + 1 < kImages; ++i) chain.Launch({i}, {i + 1});
    PlanMemory(&chain.plan, {128});
    for (int i = 0; i < kImages; ++i) {
      EXPECT_GE(chain.region_of(i).image_width, widths[static_cast<size_t>(i)]);
      EXPECT_GE(chain.region_of(i).image_height, heights[static_cast<size_t>(i)]);
      if (i == 0) continue;
      EXPECT_NE(&chain.region_of(i), &chain.region_of(i - 1));
    }
    const MemoryUse use = MemoryUseOf(chain.plan);
    EXPECT_LE(use.activation_bytes, sum / 2);
    EXPECT_EQ(use.WhyAboveBound(),
              use.keeps_bound() ? "" : "images, or buffers, are memory of their own");
  }
}

TEST(PlanMemory, ImagesAreRentedAgainOnceFree) {
  Chain chain;
  chain.AddImage(10, 8);
  chain.AddImage(20, 4);
  chain.AddImage(12, 4);
  chain.Launch({0}, {1});
  chain.Launch({1}, {2});
  PlanMemory(&chain.plan, {128});
  // The third region takes the first one's image, which becomes wider.
  EXPECT_EQ(chain.plan.tensors[2].region, chain.plan.tensors[0].region);
  EXPECT_NE(chain.plan.tensors[1].region, chain.plan.tensors[0].region);
  EXPECT_EQ(chain.region_of(0).image_width, 12u);
  EXPECT_EQ(chain.region_of(0).image_height, 8u);
}

MemoryRules WithImagesOverBuffers() {
  MemoryRules rules;
  rules.alignment_bytes = 128;
  rules.image_pitch_texels = 64;
  rules.image_base_texels = 16;
  return rules;
}

TEST(PlanMemory, ImagesOverBuffersShareTheArena) {
  Chain chain;
  chain.AddImage(300, 2);
  chain.AddBuffer(4000);
  chain.AddImage(64, 40);
  for (int i = 0; i < 2; ++i) chain.Launch({i}, {i + 1});
  PlanMemory(&chain.plan, WithImagesOverBuffers());
  const MemoryRegion& wide = chain.region_of(0);
  const MemoryRegion& high = chain.region_of(2);
  EXPECT_EQ(wide.image_pitch_bytes, 320u * 16);
  EXPECT_EQ(high.image_pitch_bytes, 64u * 16);
  EXPECT_EQ(wide.offset_bytes % 256, 0u);
  EXPECT_EQ(high.offset_bytes % 256, 0u);
  EXPECT_FALSE(Overlap(wide, chain.region_of(1)));
  EXPECT_FALSE(Overlap(high, chain.region_of(1)));
  const MemoryUse use = MemoryUseOf(chain.plan);
  EXPECT_EQ(use.pool_bytes, 0u);
  EXPECT_EQ(use.activation_bytes, chain.plan.arena_bytes);
  EXPECT_LE(chain.plan.arena_bytes, 4096u + 64u * 16 * 40);
  EXPECT_EQ(use.live_bytes, 4096u + 64u * 16 * 40);
}

// Live bytes do not include the padding of rows.
TEST(PlanMemory, PaddingOfRowsIsNotAlive) {
  Chain chain;
  for (int i = 0; i < 3; ++i) chain.AddImage(i % 2 == 0 ? 60 : 250, i % 2 == 0 ? 40 : 10);
  for (int i = 0; i < 2; ++i) chain.Launch({i}, {i + 1});
  PlanMemory(&chain.plan, WithImagesOverBuffers());
  EXPECT_EQ(chain.plan.live_bytes, 60u * 40 * 16 + 250u * 10 * 16 + 64u);
}

// Rows of one texel would be padded to 64 times their size.
TEST(PlanMemory, ImagesWhoseRowsAreMostlyPaddingArePooled) {
  Chain chain;
  chain.AddImage(1, 200);
  chain.AddImage(1, 100);
  chain.Launch({0}, {1});
  PlanMemory(&chain.plan, WithImagesOverBuffers());
  EXPECT_EQ(chain.plan.arena_bytes, 0u);
  EXPECT_EQ(chain.region_of(0).image_pitch_bytes, 0u);
  EXPECT_EQ(MemoryUseOf(chain.plan).pool_bytes, 300u * 16);
}

TEST(PlanMemory, ImagesArePooledWhereOneBufferCannotHoldThem) {
  Chain chain;
  for (int i = 0; i < 4; ++i) chain.AddImage(64, static_cast<size_t>(64 + i));
  for (int i = 0; i < 3; ++i) chain.Launch({i}, {i + 1});
  MemoryRules rules = WithImagesOverBuffers();
  rules.max_arena_bytes = 100000;
  PlanMemory(&chain.plan, rules);
  EXPECT_EQ(chain.plan.arena_bytes, 0u);
  EXPECT_GT(MemoryUseOf(chain.plan).pool_bytes, 100000u);
}

TEST(PlanMemory, RandomImagesOverBuffersNeverOverlapAndKeepTheBound) {
  for (uint32_t seed = 0; seed < 50; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    Chain chain;
    constexpr int kImages = 30;
    for (int i = 0; i < kImages; ++i) chain.AddImage(64 * (1 + random() % 9), 1 + random() % 100);
    for (int i = 0; i + 1 < kImages; ++i) chain.Launch({i}, {i + 1});
    PlanMemory(&chain.plan, WithImagesOverBuffers());
    for (int i = 0; i + 1 < kImages; ++i) {
      EXPECT_FALSE(Overlap(chain.region_of(i), chain.region_of(i + 1))) << i;
    }
    const MemoryUse use = MemoryUseOf(chain.plan);
    EXPECT_TRUE(use.keeps_bound()) << use.peak_bytes() << " of " << use.bound_bytes();
    EXPECT_EQ(use.WhyAboveBound(), "");
  }
}

MemoryRules WithSeparateBuffers() {
  MemoryRules rules;
  rules.separate_buffers = true;
  return rules;
}

TEST(PlanMemory, SeparateBuffersAreUsedInTurn) {
  Chain chain;
  for (size_t i = 0; i < 6; ++i) chain.AddBuffer(1000 + i);
  for (int i = 0; i < 5; ++i) chain.Launch({i}, {i + 1});
  PlanMemory(&chain.plan, WithSeparateBuffers());
  EXPECT_EQ(chain.plan.arena_bytes, 0u);
  EXPECT_EQ(MemoryUseOf(chain.plan).activation_bytes, 1004u + 1005u);
  EXPECT_EQ(LargestBufferBytes(chain.plan), 1005u);
  for (int i = 0; i < 6; ++i) {
    EXPECT_GE(chain.region_of(i).bytes, 1000u + static_cast<size_t>(i)) << i;
    if (i == 0) continue;
    EXPECT_NE(&chain.region_of(i), &chain.region_of(i - 1)) << i;
  }
}

// Scratch is named by its region, so it follows the region that stands for it.
TEST(PlanMemory, ScratchOfSeparateBuffersIsFollowed) {
  Chain chain;
  for (int i = 0; i < 4; ++i) chain.AddBuffer(1000);
  for (int i = 0; i < 3; ++i) chain.Launch({i}, {i + 1});
  MemoryRegion scratch;
  scratch.bytes = 500;
  chain.plan.regions.push_back(scratch);
  std::vector<KernelArgument>& arguments = chain.plan.launches.back().launch.arguments;
  arguments.push_back(ScratchArgument(4));
  PlanMemory(&chain.plan, WithSeparateBuffers());
  const int region = std::get<TensorArgument>(arguments.back()).index;
  EXPECT_GE(chain.plan.regions[static_cast<size_t>(region)].bytes, 500u);
  EXPECT_NE(region, chain.plan.tensors[2].region);
  EXPECT_NE(region, chain.plan.tensors[3].region);
}

// One large buffer and then three that are a third of it: apart they would need 500 MiB.
TEST(PlanMemory, BuffersStayTogetherWhereApartTheyNeedMuchMore) {
  constexpr size_t kMiB = size_t{1} << 20;
  Chain chain;
  for (size_t mib : {1, 300, 1, 100, 100, 100, 1}) chain.AddBuffer(mib * kMiB);
  chain.Launch({0}, {1});
  chain.Launch({1}, {2});
  chain.Launch({2}, {3, 4, 5});
  chain.Launch({3, 4, 5}, {6});
  PlanMemory(&chain.plan, WithSeparateBuffers());
  EXPECT_EQ(MemoryUseOf(chain.plan).activation_bytes, chain.plan.arena_bytes);
  EXPECT_LE(chain.plan.arena_bytes, 302 * kMiB);
}

TEST(PlanMemory, RandomPlansNeverOverlapAndStayNearTheBound) {
  for (uint32_t seed = 0; seed < 50; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    Chain chain;
    constexpr int kTensors = 40;
    for (int i = 0; i < kTensors; ++i) chain.AddBuffer(64 + random() % 100000);
    std::vector<int> first(kTensors), last(kTensors);
    for (int i = 1; i < kTensors; ++i) {
      const int far = static_cast<int>(random() % static_cast<uint32_t>(i));
      chain.Launch({i - 1, far}, {i});
      first[static_cast<size_t>(i)] = i - 1;
      last[static_cast<size_t>(i)] = last[static_cast<size_t>(i - 1)] =
          last[static_cast<size_t>(far)] = i - 1;
    }
    PlanMemory(&chain.plan, {128});
    for (int a = 0; a < kTensors; ++a) {
      EXPECT_EQ(chain.region_of(a).offset_bytes % 128, 0u);
      for (int b = 0; b < a; ++b) {
        const bool meet = first[static_cast<size_t>(a)] <= last[static_cast<size_t>(b)] &&
                          first[static_cast<size_t>(b)] <= last[static_cast<size_t>(a)];
        EXPECT_FALSE(meet && Overlap(chain.region_of(a), chain.region_of(b))) << a << " and " << b;
      }
    }
    EXPECT_GE(chain.plan.arena_bytes + 128, chain.plan.live_bytes);
    EXPECT_LE(chain.plan.arena_bytes, chain.plan.live_bytes * 13 / 10);
  }
}

}  // namespace
}  // namespace mace
