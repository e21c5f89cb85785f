#include "mace/ops/convert.h"

namespace mace {
namespace {

bool IsPlainBuffer(const TensorFormat& format) { return format.storage == Storage::kBuffer; }

void AppendInts(std::vector<KernelArgument>* arguments, std::initializer_list<int64_t> values) {
  for (int64_t value : values) arguments->push_back(static_cast<int32_t>(value));
}

}  // namespace

WorkSize ConversionLocalSize() { return {4, 8, 1}; }

Launch MakeConversion(const Shape& shape, const ConvertEnd& from, const ConvertEnd& to,
                      Precision precision) {
  const Nhwc view = AsNhwc(shape);
  Launch launch;
  launch.kernel.source = "convert.cl";
  launch.kernel.precision = precision;
  launch.global = {static_cast<size_t>(view.blocks()), static_cast<size_t>(view.w),
                   static_cast<size_t>(view.rows())};
  launch.local = ConversionLocalSize();
  std::vector<KernelArgument>& arguments = launch.arguments;
  if (from.format == to.format) {
    launch.kernel.base_name = "convert_copy";
    launch.kernel.storage = to.format.storage;
    arguments = {InputArgument(0), OutputArgument(0)};
    AppendInts(&arguments, {view.rows(), view.w, view.c});
  } else if (IsPlainBuffer(from.format) && to.format.layout == Layout::kChannels4) {
    launch.kernel.base_name = "convert_pack";
    launch.kernel.storage = to.format.storage;
    arguments = {RawInputArgument(0)};
    AppendInts(&arguments, {from.pitch, from.offset});
    arguments.push_back(OutputArgument(0));
    AppendInts(&arguments, {view.rows(), view.w, view.c});
  } else {
    launch.kernel.base_name = "convert_unpack";
    launch.kernel.storage = from.format.storage;
    arguments = {InputArgument(0), RawOutputArgument(0)};
    AppendInts(&arguments, {to.pitch, to.offset, view.rows(), view.w, view.c,
                            to.format.layout == Layout::kChannels4});
  }
  return launch;
}

}  // namespace mace
