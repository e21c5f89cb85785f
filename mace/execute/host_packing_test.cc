#include "mace/execute/host_packing.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "mace/plan/memory.h"

namespace mace {
namespace {

// A weight whose elements are `first`, `first` + 1 and so on.
PackedWeights Counting(const std::string& name, size_t elements, float first) {
  PackedWeights weights;
  weights.name = name;
  weights.elements = elements;
  weights.keep_float32 = true;
  weights.pack = [elements, first](float* to) {
    for (size_t i = 0; i < elements; ++i) to[i] = first + static_cast<float>(i);
    return Status();
  };
  return weights;
}

Plan PlanOf(std::vector<PackedWeights> weights) {
  Plan plan;
  plan.weights = std::move(weights);
  plan.weight_identities.resize(plan.weights.size());
  return plan;
}

Plan ManyWeights(size_t count) {
  std::vector<PackedWeights> weights;
  for (size_t i = 0; i < count; ++i) {
    weights.push_back(Counting("w" + std::to_string(i), 10 + i, static_cast<float>(100 * i)));
  }
  return PlanOf(std::move(weights));
}

std::shared_ptr<HostPacking> Create(const Plan& plan, const std::vector<size_t>& indices) {
  DeviceInfo device;
  device.memory_base_address_align_bytes = 8192;
  const auto packing = HostPacking::Create(plan, indices, device);
  EXPECT_TRUE(packing.ok()) << packing.status().message();
  return packing.ok() ? *packing : nullptr;
}

void ExpectAllPacked(const HostPacking& packing) {
  for (size_t i = 0; i < packing.indices().size(); ++i) {
    const size_t index = packing.indices()[i];
    ASSERT_EQ((10 + index) * sizeof(float), packing.place(i).size());
    const auto* const found = reinterpret_cast<const float*>(packing.place(i).data());
    for (size_t k = 0; k < 10 + index; ++k) {
      ASSERT_EQ(static_cast<float>(100 * index + k), found[k]) << index;
    }
  }
}

TEST(HostPacking, PacksWhatTheIndicesName) {
  const Plan plan = ManyWeights(5);
  const auto packing = Create(plan, {1, 4});
  ASSERT_NE(nullptr, packing);
  const Status status = packing->Finish(2);
  ASSERT_TRUE(status.ok()) << status.message();
  ExpectAllPacked(*packing);
}

TEST(HostPacking, EveryWeightBeginsWhereTheDeviceCanUseIt) {
  const Plan plan = ManyWeights(3);
  const auto packing = Create(plan, {0, 1, 2});
  ASSERT_NE(nullptr, packing);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(0u, packing->offset(i) % 8192);
    EXPECT_EQ(8192u, packing->padded_place(i).size());
    EXPECT_EQ(packing->place(i).data(), packing->padded_place(i).data());
  }
  EXPECT_EQ(packing->place(0).data() + 8192, packing->place(1).data());
}

TEST(HostPacking, SeveralThreadsShareTheWork) {
  const Plan plan = ManyWeights(200);
  for (int round = 0; round < 20; ++round) {
    const auto packing = Create(plan, DistinctWeights(plan));
    ASSERT_NE(nullptr, packing);
    std::atomic<bool> stop{false};
    std::thread ahead([&] { packing->Work(&stop); });
    if (round % 2 == 0) stop = true;
    const Status status = packing->Finish(3);
    ASSERT_TRUE(status.ok()) << status.message();
    ExpectAllPacked(*packing);
    ahead.join();
  }
}

TEST(HostPacking, WhatWasStoppedIsPackedLater) {
  const Plan plan = ManyWeights(4);
  const auto packing = Create(plan, DistinctWeights(plan));
  ASSERT_NE(nullptr, packing);
  const std::atomic<bool> stop{true};
  packing->Work(&stop);
  EXPECT_EQ(0.0f, *reinterpret_cast<const float*>(packing->place(3).data()));
  ASSERT_TRUE(packing->Finish(1).ok());
  ExpectAllPacked(*packing);
}

TEST(HostPacking, TheFirstErrorEndsTheWork) {
  Plan plan = ManyWeights(3);
  plan.weights[1].pack = [](float*) { return Corruption("weights w1: expected 4, found 3"); };
  plan.weights[2].pack = [](float*) { return Internal("packed after a failure"); };
  const auto packing = Create(plan, DistinctWeights(plan));
  ASSERT_NE(nullptr, packing);
  packing->Work(nullptr);
  const Status status = packing->Finish(1);
  EXPECT_EQ(StatusCode::kCorruption, status.code());
  EXPECT_EQ("weights w1: expected 4, found 3", status.message());
}

TEST(HostPacking, AnEmptyWeightHasAPlace) {
  const Plan plan = PlanOf({Counting("empty", 0, 0)});
  const auto packing = Create(plan, {0});
  ASSERT_NE(nullptr, packing);
  EXPECT_TRUE(packing->Finish(1).ok());
  EXPECT_EQ(1u, packing->place(0).size());
}

}  // namespace
}  // namespace mace
