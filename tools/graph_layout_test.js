// The layout of the page of mace inspect: nodes of a layer do not overlap, edges go down, and 2,000
// nodes are laid out in seconds.
// usage: node graph_layout_test.js graph_layout.js
"use strict";
const assert = require("assert");
const {layoutGraph} = require(require("path").resolve(process.argv[2]));

const SIZES = {width: 216, height: 74, gapX: 22, gapY: 40, lane: 18};

// Lays the graph out, checks what must hold for every graph, and gives the layout.
function check(count, edges) {
  const layout = layoutGraph(count, edges, SIZES);
  const rows = new Map();
  for (let n = 0; n < count; ++n) {
    assert(Number.isFinite(layout.x[n]) && Number.isFinite(layout.y[n]), "node " + n);
    assert(layout.x[n] - SIZES.width / 2 > -1e-6 && layout.x[n] + SIZES.width / 2 < layout.width + 1e-6, "node " + n);
    rows.set(layout.y[n], (rows.get(layout.y[n]) || []).concat(layout.x[n]));
  }
  for (const row of rows.values()) {
    row.sort((a, b) => a - b);
    for (let i = 1; i < row.length; ++i) assert(row[i] - row[i - 1] >= SIZES.width + SIZES.gapX - 1e-6, "nodes overlap");
  }
  assert.strictEqual(layout.routes.length, edges.length);
  edges.forEach(([from, to], i) => {
    const route = layout.routes[i];
    assert.deepStrictEqual(route[0], [layout.x[from], layout.y[from]]);
    assert.deepStrictEqual(route[route.length - 1], [layout.x[to], layout.y[to]]);
    for (let p = 1; p < route.length; ++p) assert(route[p][1] > route[p - 1][1], "an edge goes up");
  });
  return layout;
}

check(0, []);
check(3, []);
const chain = check(5, [[0, 1], [1, 2], [2, 3], [3, 4]]);
assert(Math.max(...chain.x) - Math.min(...chain.x) < 1e-6, "a chain is straight");
check(4, [[0, 1], [0, 2], [1, 3], [2, 3]]);
check(6, [[0, 1], [1, 2], [2, 3], [3, 4], [4, 5], [0, 5], [0, 5]]);

// Random graphs of a fixed seed.
let seed = 1;
const random = limit => { seed = (seed * 48271) % 2147483647; return seed % limit; };
for (let round = 0; round < 30; ++round) {
  const count = 2 + random(60), edges = [];
  for (let i = 0; i < 2 * count; ++i) {
    const from = random(count - 1);
    edges.push([from, from + 1 + random(count - from - 1)]);
  }
  check(count, edges);
}

// 2,000 nodes: blocks of four branches with a connection around them, and an encoder whose layers
// the decoder reads.
const edges = [];
for (let n = 0; n + 6 < 2000; n += 6) {
  for (let branch = 1; branch <= 4; ++branch) edges.push([n, n + branch], [n + branch, n + 5]);
  edges.push([n, n + 5], [n + 5, n + 6]);
}
for (let n = 0; n < 900; n += 60) edges.push([n, 1998 - n]);
const begin = process.hrtime.bigint();
check(2000, edges);
const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
assert(seconds < 20, "2,000 nodes took " + seconds + " s");
console.log("layout: passed; 2,000 nodes and " + edges.length + " edges in " + seconds.toFixed(2) + " s");
