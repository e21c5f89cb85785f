#include "mace/base/divide.h"
#include "mace/ops/fault_record.h"
#include "mace/ops/integer_lowering.h"
#include "mace/ops/lowering_support.h"
#include "mace/ops/reduce/reduce.h"

namespace mace {
namespace {

// The input's 4-D view with its reduced axes.
struct ReducedView {
  Nhwc in;
  bool n = false, h = false, w = false, c = false;
  Nhwc kept() const { return {n ? 1 : in.n, h ? 1 : in.h, w ? 1 : in.w, c ? 1 : in.c}; }
  // Places along n, h and w that go into one result.
  int64_t count() const { return (n ? in.n : 1) * (h ? in.h : 1) * (w ? in.w : 1); }
};

bool IsReduced(const ReducedAxes& reduced, int from_end) {
  const int rank = static_cast<int>(reduced.size());
  return from_end < rank && reduced[static_cast<size_t>(rank - 1 - from_end)];
}

// False where some but not all of the axes that the view folds into n are reduced; extents of 1 do
// not matter.
bool MakeReducedView(const Shape& shape, const ReducedAxes& reduced, ReducedView* view) {
  bool any_reduced = false, any_kept = false;
  for (int axis = 0; axis + 3 < shape.rank(); ++axis) {
    if (shape.dim(axis) == 1) continue;
    (reduced[static_cast<size_t>(axis)] ? any_reduced : any_kept) = true;
  }
  view->in = AsNhwc(shape);
  view->n = any_reduced;
  view->h = IsReduced(reduced, 2);
  view->w = IsReduced(reduced, 1);
  view->c = IsReduced(reduced, 0);
  return !(any_reduced && any_kept);
}

float Scale(ReduceType type, int64_t count) {
  return type == ReduceType::kMean ? static_cast<float>(1.0 / static_cast<double>(count)) : 1.0f;
}

// `in` in blocks: only where the channels are kept.
KernelVariant LowerView(ReduceType type, const ReducedView& view, const LoweringRequest& request,
                        Layout in = Layout::kChannels4) {
  const Storage storage = StorageWithinLimits(request);
  const Nhwc kept = view.kept();
  const Nhwc out = AsNhwc(request.outputs[0].shape);
  const char* const name = view.c ? "reduce_channels" : "reduce_positions";
  // A vector register of a CPU; results of four lanes elsewhere, each by one group.
  const bool wide = !view.c && storage == Storage::kBuffer && out.c % 16 == 0 &&
                    request.device->kind == DeviceKind::kCpu;
  const bool blocks = BlockChannels(in) > 0;
  const int64_t lanes = blocks ? BlockChannels(in) : (wide ? 16 : 4);
  const int64_t results = out.rows() * out.w * CeilDivide(out.c, lanes);
  const int group =
      ReductionGroup(*request.device, view.count() * (view.c ? view.in.blocks() : 1), results);
  KernelVariant variant = NewVariant(name, request, storage);
  Launch launch = NewLaunch("reduce.cl", name, request, storage);
  launch.kernel.macros = {{"REDUCE_TYPE", std::to_string(static_cast<int>(type))},
                          {"GROUP", std::to_string(group)}};
  if (!view.c) launch.kernel.macros["LANES"] = std::to_string(lanes);
  launch.arguments = {InputArgument(0),
                      OutputArgument(0),
                      static_cast<int32_t>(view.in.h),
                      static_cast<int32_t>(kept.h),
                      static_cast<int32_t>(kept.w),
                      static_cast<int32_t>(view.h ? view.in.h : 1),
                      static_cast<int32_t>(view.w ? view.in.w : 1),
                      static_cast<int32_t>(view.count()),
                      static_cast<int32_t>(kept.rows() * kept.w),
                      static_cast<int32_t>(view.in.c)};
  if (view.c) {
    launch.arguments.push_back(static_cast<int32_t>(out.rows() * out.w));
    launch.arguments.push_back(static_cast<int32_t>(out.c));
  }
  launch.arguments.push_back(Scale(type, view.count() * (view.c ? view.in.c : 1)));
  SetReductionSize(*request.device, group, results, &launch);
  variant.launches.push_back(std::move(launch));
  // Few positions are left.
  if (blocks) SetBlocks(in, Layout::kChannels4, &variant);
  return variant;
}

// Neighbouring axes of one kind as one axis. At most eight axes make at most four runs of each
// kind.
struct Runs {
  int32_t extent[4] = {1, 1, 1, 1};
  int32_t step[4] = {0, 0, 0, 0};
};

Runs FindRuns(const Shape& shape, const ReducedAxes& reduced, bool wanted) {
  Runs runs;
  int run = 3;
  bool open = false;
  int64_t step = 1;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    const bool mine = reduced[static_cast<size_t>(axis)] == wanted;
    if (!mine && open) --run;
    if (mine && !open) runs.step[run] = static_cast<int32_t>(step);
    if (mine) runs.extent[run] *= static_cast<int32_t>(shape.dim(axis));
    open = mine;
    step *= shape.dim(axis);
  }
  return runs;
}

// Extents and steps of what is kept, then of what is reduced.
void AppendRuns(const Shape& in, const ReducedAxes& reduced, Launch* launch) {
  for (bool wanted : {false, true}) {
    const Runs runs = FindRuns(in, reduced, wanted);
    for (int32_t extent : runs.extent) launch->arguments.push_back(extent);
    for (int32_t step : runs.step) launch->arguments.push_back(step);
  }
}

KernelVariant LowerStrided(ReduceType type, const ReducedAxes& reduced,
                           const LoweringRequest& request) {
  const Shape& in = request.inputs[0].info.shape;
  const int64_t elements = request.outputs[0].shape.elements();
  KernelVariant variant = NewRowMajorVariant("reduce_strided", request);
  Launch launch = NewLaunch("reduce.cl", "reduce_strided", request, Storage::kBuffer);
  launch.kernel.macros = {{"REDUCE_TYPE", std::to_string(static_cast<int>(type))}};
  launch.arguments = {RawInputArgument(0), RawOutputArgument(0)};
  AppendRuns(in, reduced, &launch);
  launch.arguments.push_back(static_cast<int32_t>(elements));
  launch.arguments.push_back(Scale(type, in.elements() / elements));
  SetFlatSize(*request.device, static_cast<size_t>(elements), &launch);
  variant.launches.push_back(std::move(launch));
  return variant;
}

}  // namespace

std::vector<KernelVariant> LowerReduce(ReduceType type, const ReducedAxes& reduced,
                                       const LoweringRequest& request) {
  ReducedView view;
  const Shape& in = request.inputs[0].info.shape;
  if (!MakeReducedView(in, reduced, &view)) return {LowerStrided(type, reduced, request)};
  std::vector<KernelVariant> variants = {LowerView(type, view, request)};
  const Layout blocks = BlocksFor(request, in);
  if (BlockChannels(blocks) > 0 && !view.c)
    variants.push_back(LowerView(type, view, request, blocks));
  return variants;
}

std::vector<KernelVariant> LowerReduceIntegers(ReduceType type, const ReducedAxes& reduced,
                                               const LoweringRequest& request) {
  const TensorInfo& y = request.outputs[0];
  const bool check = y.dtype == DType::kInt64;
  // A product may leave int32 and come back by a factor of 0.
  if (check && type == ReduceType::kProd) return {};
  const Shape& in = request.inputs[0].info.shape;
  const int64_t elements = y.shape.elements();
  KernelVariant variant = NewRowMajorVariant("reduce_integers", request);
  variant.integers = Integers::kFromKernels;
  Launch launch = NewLaunch("reduce_integers.cl", "reduce_integers", request, Storage::kBuffer);
  launch.kernel.macros = {{"REDUCE_TYPE", std::to_string(static_cast<int>(type))},
                          {"INTEGER_CHECK", check ? "1" : "0"}};
  launch.arguments = {RawInputArgument(0), RawOutputArgument(0)};
  AppendRuns(in, reduced, &launch);
  launch.arguments.push_back(static_cast<int32_t>(elements));
  launch.arguments.push_back(static_cast<int32_t>(in.elements() / elements));
  if (check) AddFaultRecord(&variant, &launch);
  SetFlatSize(*request.device, static_cast<size_t>(elements), &launch);
  variant.launches.push_back(std::move(launch));
  return {std::move(variant)};
}

}  // namespace mace
