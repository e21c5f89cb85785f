// Images over parts of a buffer, on drivers that have them.
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "mace/cl/memory.h"
#include "mace/cl/queue.h"

namespace mace {
namespace {

class ImageOverBuffer : public testing::Test {
 protected:
  void SetUp() override {
    StatusOr<std::shared_ptr<ClDevice>> device = OpenDevice("gpu");
    ASSERT_TRUE(device.ok()) << device.status().message();
    device_ = *device;
    if (device_->info().image_pitch_alignment == 0) {
      GTEST_SKIP() << "the device has no images over buffers";
    }
    StatusOr<ClQueue> queue = ClQueue::Create(device_, /*profiling=*/false);
    ASSERT_TRUE(queue.ok()) << queue.status().message();
    queue_ = std::make_unique<ClQueue>(*std::move(queue));
  }

  std::shared_ptr<ClDevice> device_;
  std::unique_ptr<ClQueue> queue_;
};

// A picture of 5x3 in the middle of a buffer; what is around it keeps its number.
TEST_F(ImageOverBuffer, HasThePitchThatItIsGiven) {
  constexpr size_t kWidth = 5, kHeight = 3, kTexel = 4;
  const size_t pitch = device_->info().image_pitch_alignment * kTexel;
  const size_t offset = 4096 / sizeof(float);
  std::vector<float> all(offset + pitch * kHeight + offset, 7.0f);
  auto bytes_of = [](std::vector<float>* floats) {
    return MutableBytes(reinterpret_cast<uint8_t*>(floats->data()), floats->size() * sizeof(float));
  };
  StatusOr<ClMemory> buffer =
      ClMemory::CreateBuffer(*device_, all.size() * sizeof(float), "buffer");
  ASSERT_TRUE(buffer.ok()) << buffer.status().message();
  ASSERT_TRUE(queue_->Write(*buffer, bytes_of(&all), "all").ok());
  StatusOr<ClMemory> part = ClMemory::CreateSubBuffer(*buffer, offset * sizeof(float),
                                                      pitch * kHeight * sizeof(float), "part");
  ASSERT_TRUE(part.ok()) << part.status().message();
  StatusOr<ClMemory> image = ClMemory::CreateImageOver(
      *device_, *part, {kWidth, kHeight, pitch * sizeof(float), Precision::kFloat32}, "image");
  ASSERT_TRUE(image.ok()) << image.status().message();
  std::vector<float> texels(kWidth * kHeight * kTexel);
  for (size_t i = 0; i < texels.size(); ++i) texels[i] = static_cast<float>(i) + 0.5f;
  ASSERT_TRUE(queue_->WriteImage(*image, bytes_of(&texels), "texels").ok());
  std::vector<float> found(all.size());
  ASSERT_TRUE(queue_->Read(*buffer, bytes_of(&found), "all").ok());
  for (size_t i = 0; i < found.size(); ++i) {
    const bool inside = i >= offset && i < offset + pitch * kHeight;
    const size_t row = inside ? (i - offset) / pitch : 0, x = inside ? (i - offset) % pitch : 0;
    const bool written = inside && x < kWidth * kTexel;
    EXPECT_EQ(found[i], written ? texels[row * kWidth * kTexel + x] : 7.0f) << i;
  }
}

TEST_F(ImageOverBuffer, RefusesABufferThatIsTooSmall) {
  const size_t pitch = device_->info().image_pitch_alignment * 16;
  StatusOr<ClMemory> buffer = ClMemory::CreateBuffer(*device_, pitch * 3 - 1, "buffer");
  ASSERT_TRUE(buffer.ok()) << buffer.status().message();
  const StatusOr<ClMemory> image =
      ClMemory::CreateImageOver(*device_, *buffer, {5, 3, pitch, Precision::kFloat32}, "image");
  ASSERT_FALSE(image.ok());
  EXPECT_EQ(image.status().message(), "image: image, " + std::to_string(pitch * 3) +
                                          " bytes: its buffer has " +
                                          std::to_string(pitch * 3 - 1));
}

}  // namespace
}  // namespace mace
