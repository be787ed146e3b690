/**
 * Exponential and normal draws by the ziggurat (Marsaglia and Tsang 2000): 256 layers of equal area, so that 99 of 100 draws
 * need a table and one comparison. Layer and height come from different bits of a draw (Doornik 2005). Tier 2 draws one or two of
 * these per call, where a logarithm is a tenth of all that a call costs.
 */
import type { Stream } from '../random.ts';

const LAYERS = 256;
/** Bits left for the height when eight have chosen the layer. */
const HEIGHTS = 2 ** 24;

interface Ziggurat {
  /** Right edge of each layer (of the base: as if it had no tail), the density there, and the edge over `HEIGHTS`. */
  readonly edge: Float64Array;
  readonly density: Float64Array;
  readonly scale: Float64Array;
  /** Below this a height is inside the layer whatever the density. */
  readonly inside: Int32Array;
}

/** The area of a layer and the edge of the base are Marsaglia and Tsang's constants for 256 layers. */
const EXPONENTIAL = { edge: 7.69711747013105, area: 0.003949659822581557 } as const;
const NORMAL = { edge: 3.6541528853610088, area: 0.00492867323399 } as const;

const exponentialTable = build(
  EXPONENTIAL,
  (x) => Math.exp(-x),
  (y) => -Math.log(y),
);
const normalTable = build(
  NORMAL,
  (x) => Math.exp(-0.5 * x * x),
  (y) => Math.sqrt(-2 * Math.log(y)),
);

/** An exponential draw with this mean. */
export function drawExponential(stream: Stream, mean: number): number {
  const bits = stream.bits();
  const layer = bits & (LAYERS - 1);
  const height = bits >>> 8;
  const x = height * exponentialTable.scale[layer]!;
  return mean * (height < exponentialTable.inside[layer]! ? x : exponentialBeyond(stream, layer, x));
}

/** A standard normal draw. */
export function drawNormal(stream: Stream): number {
  const bits = stream.bits();
  const layer = bits & (LAYERS - 1);
  // Signed: the upper 24 bits, halved.
  const height = bits >> 8;
  const x = 2 * height * normalTable.scale[layer]!;
  return 2 * Math.abs(height) < normalTable.inside[layer]! ? x : normalBeyond(stream, layer, x);
}

function exponentialBeyond(stream: Stream, first: number, from: number): number {
  let layer = first;
  let x = from;
  for (;;) {
    // Beyond the base lies the tail, which is the same law again.
    if (layer === 0) return EXPONENTIAL.edge - Math.log(stream.uniform());
    if (isUnder(stream, exponentialTable, layer, Math.exp(-x))) return x;
    const bits = stream.bits();
    layer = bits & (LAYERS - 1);
    const height = bits >>> 8;
    x = height * exponentialTable.scale[layer]!;
    if (height < exponentialTable.inside[layer]!) return x;
  }
}

function normalBeyond(stream: Stream, first: number, from: number): number {
  let layer = first;
  let x = from;
  for (;;) {
    if (layer === 0) return Math.sign(x) * normalTail(stream);
    if (isUnder(stream, normalTable, layer, Math.exp(-0.5 * x * x))) return x;
    const bits = stream.bits();
    layer = bits & (LAYERS - 1);
    const height = bits >> 8;
    x = 2 * height * normalTable.scale[layer]!;
    if (2 * Math.abs(height) < normalTable.inside[layer]!) return x;
  }
}

/** Marsaglia's tail of the normal law. */
function normalTail(stream: Stream): number {
  for (;;) {
    const x = -Math.log(stream.uniform()) / NORMAL.edge;
    const y = -Math.log(stream.uniform());
    if (2 * y > x * x) return NORMAL.edge + x;
  }
}

function isUnder(stream: Stream, { density }: Ziggurat, layer: number, here: number): boolean {
  const below = density[layer]!;
  return below + stream.uniform() * (density[layer + 1]! - below) < here;
}

/** Layer 0 is the base with the tail; from layer 1 on they lie on top of each other, each narrower than the one below. */
function build(
  { edge: widest, area }: { readonly edge: number; readonly area: number },
  densityAt: (x: number) => number,
  edgeAt: (density: number) => number,
): Ziggurat {
  const edge = new Float64Array(LAYERS + 1);
  const density = new Float64Array(LAYERS + 1);
  edge[0] = area / densityAt(widest);
  edge[1] = widest;
  density[1] = densityAt(widest);
  for (let layer = 2; layer < LAYERS; layer += 1) {
    density[layer] = density[layer - 1]! + area / edge[layer - 1]!;
    edge[layer] = edgeAt(density[layer]!);
  }
  density[LAYERS] = 1;
  return {
    edge,
    density,
    scale: edge.map((x) => x / HEIGHTS),
    inside: Int32Array.from({ length: LAYERS }, (_, layer) => Math.floor((HEIGHTS * edge[layer + 1]!) / edge[layer]!)),
  };
}
