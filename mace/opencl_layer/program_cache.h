// The layer's cache. It finds the binary of a program to be built. A program that was compiled is
// stored after its first use, when its binary is fetched from the driver.
//
// Errors: none for the application; a line on stderr if something cannot be stored.
// Thread contract: thread-safe.
#ifndef MACE_OPENCL_LAYER_PROGRAM_CACHE_H_
#define MACE_OPENCL_LAYER_PROGRAM_CACHE_H_

#include <memory>
#include <string>

#include "mace/opencl_layer/objects.h"

namespace mace {

// Prepares a build for `device_count` `devices` (0 and null: those of the context): sets the
// program's options, device, key and store. Returns why the layer does not handle the build; empty
// if the cache may be asked.
std::string PrepareBuild(cl_uint device_count, const cl_device_id* devices, const char* options,
                         TrackedProgram* program);

// A program built from the stored binary; null on a miss. REQUIRES: PrepareBuild returned an empty
// text.
std::shared_ptr<HiddenProgram> FindBuilt(TrackedProgram* program);

// A second program from the same source, built, for queries that a program from a binary cannot
// answer. Null if the build fails.
std::shared_ptr<HiddenProgram> RebuildFromSource(const TrackedProgram& program);

// Waits at most so long for the recorded launches to end. Returns whether they have ended; if so,
// releases their events.
bool LaunchesEnded(TrackedProgram* program, int wait_milliseconds);

// Whether the program is pending, or is a hit whose binary lacks code for some launches.
bool HasSomethingToStore(const TrackedProgram& program);

// Fetches the binary of a program with HasSomethingToStore from the driver and adds it to the
// program's store. Afterwards nothing is left to store. REQUIRES: LaunchesEnded.
void StoreProgram(TrackedProgram* program);

// Called after the application's last release. Stores the program, now or later, and releases the
// layer's references. REQUIRES: the program is no longer in the table.
void Retire(std::shared_ptr<TrackedProgram> program);

// Stores all programs to be stored whose launches end within the time, and writes the files. False
// if one could not be written.
bool StoreEverything(int wait_milliseconds);

// Registers StoreEverything to be called at exit, before the static objects that exist now are
// destroyed. Compilers in libraries have such objects, too.
void ArmExit();

}  // namespace mace

#endif  // MACE_OPENCL_LAYER_PROGRAM_CACHE_H_
