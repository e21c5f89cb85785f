// The layered layout of a directed acyclic graph (after Sugiyama), for the page of mace inspect.
//
// layoutGraph(count, edges, sizes) gives {x, y, routes, width, height}:
//   count   the number of nodes
//   edges   [from, to] pairs of node indices; a cycle would be cut at an edge that goes back
//   sizes   {width, height} of a node, {gapX, gapY} between nodes, {lane}: the width that a long
//           edge takes in a layer that it passes
//   x, y    the centers of the nodes
//   routes  for each edge the points that it goes through, from node to node
// Nodes of one layer never overlap, and an edge always goes down.
"use strict";

// Edges through more layers than this take no lane of their own, and are drawn as one curve.
const MAX_LANES_OF_EDGE = 60;
const MAX_LANES = 60000;
const SWEEPS = 8;

// The layer of each node: one below the lowest of those that it reads.
function layersOf(count, edges) {
  const readers = Array.from({length: count}, () => []), missing = new Array(count).fill(0);
  for (const [from, to] of edges) {
    readers[from].push(to);
    ++missing[to];
  }
  const layer = new Array(count).fill(0), ready = [];
  for (let n = 0; n < count; ++n) if (!missing[n]) ready.push(n);
  for (let i = 0; i < ready.length; ++i) {
    for (const to of readers[ready[i]]) {
      layer[to] = Math.max(layer[to], layer[ready[i]] + 1);
      if (--missing[to] === 0) ready.push(to);
    }
  }
  // What nobody makes stands directly above its first reader.
  const read = new Set(edges.map(edge => edge[1]));
  for (let n = 0; n < count; ++n) {
    if (!read.has(n) && readers[n].length) layer[n] = Math.max(0, Math.min(...readers[n].map(to => layer[to])) - 1);
  }
  return layer;
}

// The places of one layer: as near to `wanted` as their order and distances allow, in the sense of
// least squares (isotonic regression by pooling adjacent violators).
function spread(items, wanted, weight, distance) {
  const blocks = [];
  let offset = 0;
  const offsets = [];
  for (let i = 0; i < items.length; ++i) {
    if (i) offset += distance(items[i - 1], items[i]);
    offsets.push(offset);
    let block = {sum: weight(items[i]) * (wanted(items[i]) - offset), weight: weight(items[i]), count: 1};
    while (blocks.length && blocks[blocks.length - 1].sum / blocks[blocks.length - 1].weight >= block.sum / block.weight) {
      const last = blocks.pop();
      block = {sum: last.sum + block.sum, weight: last.weight + block.weight, count: last.count + block.count};
    }
    blocks.push(block);
  }
  const places = [];
  for (const block of blocks) {
    for (let i = 0; i < block.count; ++i) places.push(block.sum / block.weight + offsets[places.length]);
  }
  return places;
}

// Items are the nodes, and behind them the lanes of long edges.
function addLanes(count, edges, layer) {
  const above = Array.from({length: count}, () => []), below = Array.from({length: count}, () => []);
  const lanes = [];
  const connect = (from, to) => { below[from].push(to); above[to].push(from); };
  for (const [from, to] of edges) {
    const span = layer[to] - layer[from];
    const own = [];
    if (span > 1 && span <= MAX_LANES_OF_EDGE && layer.length + span <= MAX_LANES + count) {
      let last = from;
      for (let at = layer[from] + 1; at < layer[to]; ++at) {
        const lane = layer.push(at) - 1;
        above.push([]);
        below.push([]);
        connect(last, lane);
        own.push(lane);
        last = lane;
      }
      connect(last, to);
    } else if (span === 1) {
      connect(from, to);
    }
    lanes.push(own);
  }
  return {above, below, lanes};
}

// Orders each layer by the mean place of its neighbours, downwards and upwards by turns.
function orderLayers(rows, above, below) {
  const place = new Map();
  const number = row => row.forEach((item, i) => place.set(item, i));
  rows.forEach(number);
  for (let sweep = 0; sweep < SWEEPS; ++sweep) {
    const down = sweep % 2 === 0, neighbours = down ? above : below;
    for (const row of down ? rows : rows.slice().reverse()) {
      const key = new Map();
      for (const item of row) {
        const near = neighbours[item];
        key.set(item, near.length ? near.reduce((sum, other) => sum + place.get(other), 0) / near.length : place.get(item));
      }
      row.sort((a, b) => key.get(a) - key.get(b));
      number(row);
    }
  }
}

function placeRows(rows, above, below, isLane, sizes) {
  const x = [];
  const wide = item => isLane(item) ? sizes.lane : sizes.width + sizes.gapX;
  const distance = (a, b) => (wide(a) + wide(b)) / 2;
  for (const row of rows) spread(row, () => 0, () => 1, distance).forEach((at, i) => { x[row[i]] = at; });
  for (let sweep = 0; sweep < SWEEPS; ++sweep) {
    const down = sweep % 2 === 0, first = down ? above : below, second = down ? below : above;
    for (const row of down ? rows : rows.slice().reverse()) {
      const wanted = item => {
        const near = first[item].length ? first[item] : second[item];
        return near.length ? near.reduce((sum, other) => sum + x[other], 0) / near.length : x[item];
      };
      spread(row, wanted, item => isLane(item) ? 4 : 1, distance).forEach((at, i) => { x[row[i]] = at; });
    }
  }
  return x;
}

function layoutGraph(count, allEdges, sizes) {
  const firstLayer = layersOf(count, allEdges);
  const drawn = allEdges.map(([from, to]) => firstLayer[from] < firstLayer[to]);
  const edges = allEdges.filter((edge, i) => drawn[i]);
  const layer = firstLayer.slice();
  const {above, below, lanes} = addLanes(count, edges, layer);
  const rows = [];
  layer.forEach((at, item) => (rows[at] = rows[at] || []).push(item));
  for (let i = 0; i < rows.length; ++i) rows[i] = rows[i] || [];
  orderLayers(rows, above, below);
  const x = placeRows(rows, above, below, item => item >= count, sizes);
  let left = Infinity, right = -Infinity;
  for (let n = 0; n < count; ++n) {
    left = Math.min(left, x[n]);
    right = Math.max(right, x[n]);
  }
  const shift = count ? sizes.width / 2 - left : 0, step = sizes.height + sizes.gapY;
  const at = item => [x[item] + shift, layer[item] * step + sizes.height / 2];
  let next = 0;
  const routes = allEdges.map(([from, to], i) => {
    if (!drawn[i]) return [at(from), at(to)];
    return [at(from)].concat(lanes[next++].map(at), [at(to)]);
  });
  const xs = [], ys = [];
  for (let n = 0; n < count; ++n) {
    xs.push(at(n)[0]);
    ys.push(at(n)[1]);
  }
  return {x: xs, y: ys, routes, width: count ? right - left + sizes.width : 0, height: rows.length * step};
}

if (typeof module !== "undefined") module.exports = {layoutGraph};
