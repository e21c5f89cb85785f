#include "mace/ops/reduce/reduce.h"

#include <cmath>
#include <utility>
#include <vector>

#include "mace/ops/batch.h"
#include "mace/ops/integer_lowering.h"
#include "mace/ops/integers.h"
#include "mace/ops/lowering_support.h"

namespace mace {
namespace {

double Combine(ReduceType type, double a, double b) {
  switch (type) {
    case ReduceType::kMin:
      return b < a || std::isnan(b) ? b : a;
    case ReduceType::kMax:
      return b > a || std::isnan(b) ? b : a;
    case ReduceType::kProd:
      return a * b;
    case ReduceType::kMean:
    case ReduceType::kSum:
      break;
  }
  return a + b;
}

int64_t CombineIntegers(ReduceType type, int64_t a, int64_t b) {
  switch (type) {
    case ReduceType::kMin:
      return b < a ? b : a;
    case ReduceType::kMax:
      return b > a ? b : a;
    case ReduceType::kProd:
      return static_cast<int64_t>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
    case ReduceType::kMean:
    case ReduceType::kSum:
      break;
  }
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}

// Goes through the elements of an input in row-major order, and says into which element of the
// result each of them goes.
class ResultWalk {
 public:
  ResultWalk(const Shape& in, const ReducedAxes& reduced)
      : extents_(in.dims()), steps_(extents_.size(), 0), position_(extents_.size(), 0) {
    int64_t step = 1;
    for (size_t axis = extents_.size(); axis-- > 0;) {
      if (reduced[axis]) continue;
      steps_[axis] = step;
      step *= extents_[axis];
    }
  }

  size_t at() const { return static_cast<size_t>(at_); }
  void Next() {
    for (size_t axis = extents_.size(); axis-- > 0;) {
      at_ += steps_[axis];
      if (++position_[axis] < extents_[axis]) return;
      at_ -= steps_[axis] * extents_[axis];
      position_[axis] = 0;
    }
  }

 private:
  const std::vector<int64_t> extents_;
  std::vector<int64_t> steps_;  // How far a step along the axis goes in the result.
  std::vector<int64_t> position_;
  int64_t at_ = 0;
};

class ReduceOp : public Op {
 public:
  ReduceOp(ReduceType type, std::vector<int64_t> axes, bool keep)
      : type_(type), axes_(std::move(axes)), keep_(keep) {}

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const TensorInfo& x = inputs[0].info;
    if (x.dtype == DType::kBool || x.dtype == DType::kInvalid) {
      return InvalidArgument(std::string("expected numbers, found ") + DTypeName(x.dtype));
    }
    MACE_ASSIGN_OR_RETURN(const ReducedAxes reduced, Reduced(x.shape.rank()));
    std::vector<int64_t> dims;
    for (int axis = 0; axis < x.shape.rank(); ++axis) {
      const bool reduce = reduced[static_cast<size_t>(axis)];
      if (!reduce || keep_) dims.push_back(reduce ? 1 : x.shape.dim(axis));
    }
    const Shape shape(dims);
    // The minimum of no floats is infinity, and the maximum minus infinity; integers have no such values.
    if (x.shape.elements() == 0 && shape.elements() > 0 && !IsFloat(x.dtype)) {
      return InvalidArgument("nothing to reduce in an input of shape " + x.shape.ToString());
    }
    outputs->assign(1, {ActivationType(x.dtype), shape});
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    const Shape& in = inputs[0].shape();
    HostTensor& y = (*outputs)[0];
    MACE_ASSIGN_OR_RETURN(const ReducedAxes reduced, Reduced(in.rank()));
    ResultWalk walk(in, reduced);
    const size_t elements = static_cast<size_t>(y.shape().elements());
    const int64_t count = elements == 0 ? 0 : in.elements() / static_cast<int64_t>(elements);
    if (!IsFloat(y.dtype())) {
      return ReferenceIntegers(ToInt64Vector(inputs[0]), std::move(walk), count, &y);
    }
    const double start[] = {0, INFINITY, -INFINITY, 1, 0};
    std::vector<double> results(elements, start[static_cast<int>(type_)]);
    const float* const x = inputs[0].f32();
    for (int64_t i = 0; i < in.elements(); ++i, walk.Next()) {
      results[walk.at()] = Combine(type_, results[walk.at()], x[i]);
    }
    const double divisor = type_ == ReduceType::kMean ? static_cast<double>(count) : 1;
    for (size_t i = 0; i < elements; ++i) y.f32()[i] = static_cast<float>(results[i] / divisor);
    return Status::Ok();
  }

  bool SplitsAlongBatch(const std::vector<OpInput>& inputs,
                        const std::vector<bool>& batched) const override {
    const StatusOr<ReducedAxes> reduced = Reduced(inputs[0].info.shape.rank());
    return BatchIsInFirstInputOnly(batched) && reduced.ok() && !(*reduced)[0];
  }

  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override {
    const bool integers = CanMoveIntegers(request) && ComputesInInt32(request.outputs[0].dtype);
    if (!(CanLower(request) || integers) || request.inputs[0].constant != nullptr) return {};
    const StatusOr<ReducedAxes> reduced = Reduced(request.inputs[0].info.shape.rank());
    if (!reduced.ok()) return {};
    if (integers) return LowerReduceIntegers(type_, *reduced, request);
    return LowerReduce(type_, *reduced, request);
  }

  Cost EstimateCost(const std::vector<OpInput>& inputs,
                    const std::vector<TensorInfo>& outputs) const override {
    Cost cost = Op::EstimateCost(inputs, outputs);
    cost.flops = static_cast<double>(inputs[0].info.shape.elements());
    return cost;
  }

 private:
  StatusOr<ReducedAxes> Reduced(int rank) const {
    ReducedAxes reduced(static_cast<size_t>(rank), axes_.empty());
    for (int64_t axis : axes_) {
      MACE_ASSIGN_OR_RETURN(const int normalized, NormalizeAxis(axis, rank));
      reduced[static_cast<size_t>(normalized)] = true;
    }
    return reduced;
  }

  Status ReferenceIntegers(std::vector<int64_t> x, ResultWalk walk, int64_t count,
                           HostTensor* y) const {
    const bool selects = type_ == ReduceType::kMin || type_ == ReduceType::kMax;
    if (selects) SwapOrderOfBits(y->dtype(), &x);
    std::vector<int64_t> results(static_cast<size_t>(y->shape().elements()));
    std::vector<bool> begun(results.size(), false);
    for (size_t i = 0; i < x.size(); ++i, walk.Next()) {
      const size_t to = walk.at();
      results[to] = begun[to] ? CombineIntegers(type_, results[to], x[i]) : x[i];
      begun[to] = true;
    }
    if (selects) SwapOrderOfBits(y->dtype(), &results);
    const bool is_unsigned = y->dtype() == DType::kUInt64;
    for (int64_t& result : results) {
      if (type_ != ReduceType::kMean) break;
      result =
          is_unsigned
              ? static_cast<int64_t>(static_cast<uint64_t>(result) / static_cast<uint64_t>(count))
              : result / count;
    }
    MACE_ASSIGN_OR_RETURN(*y, MakeIntegers(y->dtype(), y->shape(), std::move(results)));
    return Status::Ok();
  }

  ReduceType type_;
  std::vector<int64_t> axes_;
  bool keep_;
};

StatusOr<std::unique_ptr<Op>> MakeReduce(const Node& node) {
  const int64_t type = node.attributes.GetInt("reduce_type", 0);
  if (type < 0 || type > 4)
    return InvalidArgument("reduce_type: expected 0 to 4, found " + std::to_string(type));
  return std::unique_ptr<Op>(new ReduceOp(static_cast<ReduceType>(type),
                                          node.attributes.GetInts("axis"),
                                          node.attributes.GetInt("keepdims", 0) != 0));
}

}  // namespace

extern const OpDefinition kReduceOp;
const OpDefinition kReduceOp = {"Reduce", 1, 1, &MakeReduce};

}  // namespace mace
