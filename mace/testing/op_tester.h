// Tests an op in one call: infers, runs the reference, and runs every GPU variant over storage and
// precision on the OpenCL device at hand against that reference, shapes before values. Fails
// through GoogleTest and prints the seed. lowering_runner.h says how to run less on a slow device.
//
//   OpTester("Softmax").Set("axis", int64_t{-1}).Input({2, 5, 7, 6}).Run();
#ifndef MACE_TESTING_OP_TESTER_H_
#define MACE_TESTING_OP_TESTER_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mace/graph/node.h"
#include "mace/graph/tensor.h"
#include "mace/kernel/device_info.h"
#include "mace/kernel/layout.h"
#include "mace/testing/test_tensors.h"

namespace mace {

class OpTester {
 public:
  explicit OpTester(std::string type);

  OpTester& Set(const std::string& name, Attribute value);
  OpTester& Input(Shape shape, float low = -1.0f, float high = 1.0f);     // A random activation.
  OpTester& Input(HostTensor tensor);                                     // A given activation.
  OpTester& Constant(Shape shape, float low = -1.0f, float high = 1.0f);  // Random weights.
  OpTester& Constant(HostTensor tensor);                                  // Given weights.
  OpTester& AbsentInput();
  // Appends one of Node::steps; `inputs` are numbered as Node::steps says.
  OpTester& Step(const std::string& type, std::vector<ValueId> inputs,
                 const std::vector<std::pair<std::string, Attribute>>& attributes = {});
  OpTester& Outputs(int count);  // 1 by default.
  // The attributes hold the extent of the batch, so that the op does not take one entry alone, or
  // gives it another shape: entries are not compared with the whole batch.
  OpTester& BatchInAttributes();
  OpTester& Seed(uint32_t seed);
  // Largest error relative to the output's largest magnitude; defaults 1e-5 and 2e-3 (half
  // storage).
  OpTester& Tolerance(float float32, float float16);

  // Infers, runs the reference and returns its outputs; a Status where the op refuses.
  StatusOr<std::vector<HostTensor>> Reference();
  // Reference against all variants; also fails when there is no variant at all, unless cpu_only.
  void Run();
  // The op takes the inputs and offers no such variant (Only).
  void ExpectNone();
  void ExpectRefused(
      const std::string& message_part);  // Make or Infer fails with this in its message.
  OpTester& CpuOnly();
  // Asks for the variants that a GPU with this many compute units is given, and runs them on the
  // device at hand: where that is a CPU, no other test sees them.
  OpTester& AsGpu(uint32_t compute_units);
  // Asks for the variants that a device is given which multiplies bytes this way.
  OpTester& WithByteProducts(ByteProducts byte_products);
  // Asks for the variants that a CPU is given whose vectors have this many floats.
  OpTester& WithFloatWidth(uint32_t width);
  // Runs the variants with `part` in their names alone, of which there must be one.
  OpTester& Only(std::string part);

 private:
  struct TestInput {
    HostTensor tensor;
    bool constant = false;
    bool present = true;
    // Drawn when the test runs, so that Seed may come after Input.
    bool random = false;
    Shape shape;
    float low = 0;
    float high = 0;
  };
  struct Prepared;
  // Makes the op, draws the inputs and infers; `precision` is what activations are rounded to.
  StatusOr<Prepared> Prepare(Precision precision) const;
  // Whether the op takes the inputs of `entry`, of which those with a batch have one entry, and
  // gives outputs of one entry of `whole`.
  static Status TakesEntry(Prepared* entry, const std::vector<HostTensor>& whole);
  struct Offer;
  StatusOr<std::unique_ptr<Offer>> MakeOffer(Precision precision) const;
  void Check(const Offer& offer) const;
  // Where the op says that it keeps a batch apart: it takes each entry alone, and its reference
  // gives what it gives for all of them. The batch is that of the first activation.
  Status CheckBatch() const;

  Node node_;
  std::vector<TestInput> inputs_;
  int outputs_ = 1;
  bool batch_in_attributes_ = false;
  uint32_t seed_ = 1;
  float tolerance_float32_ = 1e-5f;
  float tolerance_float16_ = 2e-3f;
  bool cpu_only_ = false;
  uint32_t gpu_compute_units_ = 0;  // 0: the device as it is.
  std::optional<ByteProducts> byte_products_;
  uint32_t float_width_ = 0;  // 0: that of the device.
  std::string only_;
};

}  // namespace mace

#endif  // MACE_TESTING_OP_TESTER_H_
