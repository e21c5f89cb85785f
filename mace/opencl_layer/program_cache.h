// The layer's cache: finds the binary of a program that is to be built, and asks the driver for
// that of one which was compiled, after its first use.
//
// Errors: none for the application; a line on stderr where something cannot be stored. Thread
// contract: thread-safe.
#ifndef MACE_OPENCL_LAYER_PROGRAM_CACHE_H_
#define MACE_OPENCL_LAYER_PROGRAM_CACHE_H_

#include <memory>
#include <string>

#include "mace/opencl_layer/objects.h"

namespace mace {

// Fills in options, device, key and store of a program that is to be built for `device_count`
// `devices` (0 and null: those of its context). Why the layer leaves the build alone; empty where
// the cache may be asked.
std::string PrepareBuild(cl_uint device_count, const cl_device_id* devices, const char* options,
                         TrackedProgram* program);

// A built program from the stored binary; null on a miss. REQUIRES: PrepareBuild gave no reason
// against it.
std::shared_ptr<HiddenProgram> FindBuilt(TrackedProgram* program);

// A second program from the same source, built: answers what a binary's program cannot. Null where
// it cannot be built.
std::shared_ptr<HiddenProgram> RebuildFromSource(const TrackedProgram& program);

// Whether all launches that were noted have ended; gives their events back. Waits up to so long.
bool LaunchesEnded(TrackedProgram* program, int wait_milliseconds);

// Whether the program is pending, or a hit whose binary does not cover all launches.
bool HasSomethingToStore(const TrackedProgram& program);

// Asks the driver for the binary of such a program and adds it to its store, and does so no more.
// REQUIRES: its launches have ended.
void StoreProgram(TrackedProgram* program);

// After the last release by the application: stores a program, now or later, and gives the layer's
// references back. REQUIRES: it is in no table.
void Retire(std::shared_ptr<TrackedProgram> program);

// Stores all programs that are to be, whose launches end within the time, and writes the files.
// False where one could not be written.
bool StoreEverything(int wait_milliseconds);

// Has StoreEverything called at the process's exit, before what the process set up until now is
// torn down: for compilers in libraries, whose own static objects die at exit, too.
void ArmExit();

}  // namespace mace

#endif  // MACE_OPENCL_LAYER_PROGRAM_CACHE_H_
