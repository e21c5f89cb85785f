#include "mace/passes/pass.h"

#include <algorithm>

#include "mace/passes/drop_dead.h"
#include "mace/passes/fold_batch_norm.h"
#include "mace/passes/fold_constants.h"
#include "mace/passes/fold_pad.h"
#include "mace/passes/fuse_activation.h"
#include "mace/passes/fuse_channel_scale.h"
#include "mace/passes/fuse_channel_shuffle.h"
#include "mace/passes/fuse_elementwise.h"
#include "mace/passes/fuse_requantize.h"
#include "mace/passes/fuse_residual.h"
#include "mace/passes/merge_duplicates.h"
#include "mace/passes/merge_transposes.h"
#include "mace/passes/pack_weights.h"
#include "mace/passes/recognize_channel_shuffle.h"
#include "mace/passes/recognize_swish.h"
#include "mace/passes/simplify_gather.h"
#include "mace/passes/simplify_reshape.h"

namespace mace {

namespace {

// Packed weights first, because the readers of what stays packed are known before constants fold.
// Constants next, so that the others see weights as weights. Transposes go before the folds into
// convolutions, because they stand between the nodes that fold, and leave reshapes behind. The
// residual comes before the activation: a convolution applies its activation after the sum. Scales
// come after both: what else could take an activation has it then. Elementwise nodes become one
// another's steps when nothing else takes them any more.
constexpr Pass kPasses[] = {
    {"pack_weights", PackWeights},
    {"fold_constants", FoldConstants},
    {"simplify_gather", SimplifyGather},
    {"simplify_reshape", SimplifyReshape},
    {"recognize_channel_shuffle", RecognizeChannelShuffle},
    {"merge_transposes", MergeTransposes},
    {"simplify_reshape", SimplifyReshape},
    {"merge_duplicates", MergeDuplicates},
    {"drop_dead", DropDead},
    {"fold_constants", FoldConstants},
    {"fold_pad", FoldPad},
    {"fold_batch_norm", FoldBatchNorm},
    {"fuse_residual", FuseResidual},
    {"recognize_swish", RecognizeSwish},
    {"fuse_activation", FuseActivation},
    {"fuse_channel_scale", FuseChannelScale},
    {"fuse_channel_shuffle", FuseChannelShuffle},
    {"fuse_requantize", FuseRequantize, true},
    {"fuse_elementwise", FuseElementwise},
    {"drop_dead", DropDead},
};

}  // namespace

Span<const Pass> AllPasses() {
  return Span<const Pass>(kPasses, sizeof(kPasses) / sizeof(kPasses[0]));
}

bool DependsOnIntegerKernels(const Graph& graph) {
  return std::any_of(graph.nodes.begin(), graph.nodes.end(), IsRoundingToInt8);
}

Status RunPasses(Graph* graph, bool integer_kernels) {
  MACE_RETURN_IF_ERROR(ValidateGraph(*graph).WithPrefix("before the passes"));
  for (const Pass& pass : AllPasses()) {
    if (pass.for_integer_kernels && !integer_kernels) continue;
    MACE_RETURN_IF_ERROR(pass.run(graph).WithPrefix(pass.name));
#ifndef NDEBUG
    MACE_RETURN_IF_ERROR(ValidateGraph(*graph).WithPrefix(std::string("after ") + pass.name));
#endif
  }
  return Status::Ok();
}

}  // namespace mace
