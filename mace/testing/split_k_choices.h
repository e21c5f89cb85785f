// How many work-groups are to share the tiles of a kernel in tests of split_k.clh.
#ifndef MACE_TESTING_SPLIT_K_CHOICES_H_
#define MACE_TESTING_SPLIT_K_CHOICES_H_

#include <set>

#include "mace/ops/conv/split_k.h"

namespace mace {

// Numbers of work-groups whose ranges are two and a half tiles, one tile, a bit less, half a tile,
// a third of one, two and a half steps, and one step, where more groups are asked for than there
// are steps.
inline std::set<int> SplitKChoicesOfTests(const TileGrid& grid) {
  const int tiles = static_cast<int>(grid.tiles()), steps = static_cast<int>(grid.steps);
  std::set<int> share_tiles = {tiles * 2 / 5,    tiles,         tiles + 1,
                               2 * tiles,        3 * tiles - 1, tiles * steps * 2 / 5,
                               tiles * steps + 7};
  share_tiles.erase(0);
  return share_tiles;
}

}  // namespace mace

#endif  // MACE_TESTING_SPLIT_K_CHOICES_H_
