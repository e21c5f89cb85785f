// Keeps kernel variants out of plans because the driver refuses them or has crashed in them.
//
// Thread contract: thread-safe, but of two threads that plan with one store at once one may lose its
// exclusions, which the next start finds again.
#ifndef MACE_ENGINE_REFUSED_VARIANTS_H_
#define MACE_ENGINE_REFUSED_VARIANTS_H_

#include "mace/engine/runtime.h"
#include "mace/plan/plan.h"

namespace mace {

// Excludes the variants of those nodes of the plan whose kernels the records of the cache file say
// the driver refuses or has crashed in (tune/excluded_records.h), with a line for each. False: there
// is none that is not excluded already.
bool ExcludeRefusedVariants(const Plan& plan, Runtime* runtime);

}  // namespace mace

#endif  // MACE_ENGINE_REFUSED_VARIANTS_H_
