// The layer's settings from the environment (README.md lists the variables), and its messages on
// stderr.
//
// Thread contract: thread-safe while no thread changes the environment.
#ifndef MACE_OPENCL_LAYER_SETTINGS_H_
#define MACE_OPENCL_LAYER_SETTINGS_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace mace {

// A relative MACE_CL_CACHE_FILE refers to the folder that is current at this call, which is made
// when the process starts, before the program can change it.
void RememberCurrentFolder();

struct LayerSettings {
  std::string file;  // Absolute; empty: no cache.
  uint64_t max_bytes = uint64_t{256} << 20;
  bool renew = false;   // Every program is compiled and stored again.
  std::string problem;  // One line, if a variable is invalid or no file can be found.
};

LayerSettings ReadLayerSettings();

// MACE_REQUIRE_CACHE=1 is set.
bool LayerMayNotCompile();

// Writes "mace-cl-cache: …" to stderr: warnings unless MACE_CL_CACHE_LOG=0, notes only with
// MACE_CL_CACHE_LOG=1.
bool LayerNotesWanted();
void LayerNote(std::string_view message);
void LayerWarning(std::string_view message);

}  // namespace mace

#endif  // MACE_OPENCL_LAYER_SETTINGS_H_
