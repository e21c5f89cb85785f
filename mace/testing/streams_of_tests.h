// How many work-groups are to share the tiles of a kernel in tests of conv2d/stream.clh.
#ifndef MACE_TESTING_STREAMS_OF_TESTS_H_
#define MACE_TESTING_STREAMS_OF_TESTS_H_

#include <set>

#include "mace/ops/conv/stream.h"

namespace mace {

// Numbers of work-groups whose ranges are two and a half tiles, one tile, a bit less, half a tile,
// a third of one, two and a half steps, and one step, where more groups are asked for than there
// are steps.
inline std::set<int> StreamsOfTests(const TileGrid& grid) {
  const int tiles = static_cast<int>(grid.tiles()), steps = static_cast<int>(grid.steps);
  std::set<int> streams = {tiles * 2 / 5,    tiles,         tiles + 1,
                           2 * tiles,        3 * tiles - 1, tiles * steps * 2 / 5,
                           tiles * steps + 7};
  streams.erase(0);
  return streams;
}

}  // namespace mace

#endif  // MACE_TESTING_STREAMS_OF_TESTS_H_
