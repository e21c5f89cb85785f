// The kernels of DynamicQuantizeLstm give the bits of the reference; where they cannot, there are
// none.
#include <gtest/gtest.h>

#include "mace/testing/quantized_lstm_case.h"
#include "mace/testing/test_device.h"

namespace mace {
namespace {

bool IsPocl() {
  StatusOr<TestDevice*> device = TestDevice::Get();
  return device.ok() && (*device)->device().info().vendor == DeviceVendor::kPocl;
}

// The bits are promised for PoCL. Elsewhere a float may round to another level, of 255.
void ExpectBits(OpTester tester) {
  const float tolerance = IsPocl() ? 0.0f : 1.0f / 255;
  tester.Tolerance(tolerance, tolerance).WithByteProducts(ByteProducts::kPlain).Run();
}

TEST(DynamicQuantizeLstmGpu, BitsOfTheReference) {
  // Widths and units that fill no word and no tile; up to five sequences, four of them at once.
  ExpectBits(QuantizedLstmCase(5, 3, 13, 19, DType::kUInt8, true).Tester());
  ExpectBits(QuantizedLstmCase(3, 1, 16, 32, DType::kInt8, false).Tester(false));
  ExpectBits(QuantizedLstmCase(4, 5, 21, 16, DType::kInt8, true).Tester());
}

TEST(DynamicQuantizeLstmGpu, BitsWithTheDevicesOwnProducts) {
  StatusOr<TestDevice*> device = TestDevice::Get();
  ASSERT_TRUE(device.ok()) << device.status().message();
  const ByteProducts products = (*device)->device().info().byte_products;
  OpTester tester = QuantizedLstmCase(9, 2, 70, 35, DType::kInt8, true).Tester();
  if (IsPocl() && products == ByteProducts::kVnni) {
    tester.Tolerance(0, 0).Run();
  } else {
    tester.ExpectNone();
  }
}

TEST(DynamicQuantizeLstmGpu, WithoutVectorsOfByteProductsItStaysOnTheCpu) {
  OpTester tester = QuantizedLstmCase(2, 1, 4, 4, DType::kInt8, true).Tester();
  tester.WithByteProducts(ByteProducts::kNone).ExpectNone();
}

TEST(DynamicQuantizeLstmGpu, WithoutAnInitialState) {
  const QuantizedLstmCase given(3, 2, 5, 6, DType::kUInt8, true);
  OpTester tester("DynamicQuantizeLstm");
  tester.Set("hidden", int64_t{6}).Set("direction", std::string("bidirectional")).Outputs(3);
  tester.Input(given.x).Constant(given.w.integers).Constant(given.r.integers);
  tester.Constant(given.w.scales).Constant(given.w.zero_points);
  tester.Constant(given.r.scales).Constant(given.r.zero_points);
  ExpectBits(std::move(tester));
}

}  // namespace
}  // namespace mace
