import { readFileSync } from 'node:fs';
import { AGENT_COLORS, agentColor, TOTAL_COLORS } from '../../../src/dashboard/colors';

type Vector = readonly [number, number, number];
type Matrix = readonly [Vector, Vector, Vector];

/** White and dark background of a CloudWatch widget. */
const BACKGROUNDS = ['#ffffff', '#161d26'];
/** Minimum contrast of a line to its background (WCAG 2.2, success criterion 1.4.11). */
const MIN_CONTRAST = 3;
/** Minimum difference of two colors in CIELAB. About 2.3 is just visible for two areas side by side. */
const MIN_DIFFERENCE = 15;
/**
 * Colors as people without and with a color vision deficiency see them, in linear RGB (Machado, Oliveira and
 * Fernandes 2009, severity 1).
 */
const VISION: Readonly<Record<string, Matrix>> = {
  'full color vision': [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  'protanopia': [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  'deuteranopia': [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  'tritanopia': [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

function linear(color: string): Vector {
  return [1, 3, 5].map(start => {
    const value = parseInt(color.slice(start, start + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as unknown as Vector;
}

function dot(one: Vector, other: Vector): number {
  return one.reduce((sum, value, index) => sum + value * other[index], 0);
}

function contrast(one: string, other: string): number {
  const [dark, light] = [one, other]
    .map(color => dot([0.2126, 0.7152, 0.0722], linear(color)) + 0.05)
    .sort((a, b) => a - b);
  return light / dark;
}

/** Returns the CIELAB coordinates of a color in linear RGB. */
function lab(color: Vector): Vector {
  const [x, y, z] = (
    [
      [0.4124 / 0.9505, 0.3576 / 0.9505, 0.1805 / 0.9505],
      [0.2126, 0.7152, 0.0722],
      [0.0193 / 1.089, 0.1192 / 1.089, 0.9505 / 1.089],
    ] as const
  ).map(row => {
    const value = dot(row, color);
    return value > 0.008856 ? Math.cbrt(value) : 7.787 * value + 16 / 116;
  });
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

function smallestDifference(colors: readonly string[], matrix: Matrix): number {
  const seen = colors.map(color => {
    const rgb = linear(color);
    return lab(matrix.map(row => Math.min(1, Math.max(0, dot(row, rgb)))) as unknown as Vector);
  });
  return Math.min(
    ...seen.flatMap((one, index) =>
      seen.slice(0, index).map(other => Math.hypot(...one.map((value, axis) => value - other[axis]))),
    ),
  );
}

describe('colors of a dashboard', () => {
  test.each([...AGENT_COLORS, ...TOTAL_COLORS])('draws %s readable on white and on dark', color => {
    for (const background of BACKGROUNDS) {
      expect(contrast(color, background)).toBeGreaterThanOrEqual(MIN_CONTRAST);
    }
  });

  test.each(Object.entries(VISION))('gives seven agents distinguishable colors with %s', (_name, matrix) => {
    expect(smallestDifference(AGENT_COLORS.slice(0, 7), matrix)).toBeGreaterThan(MIN_DIFFERENCE);
  });

  test.each(['local/page/style.css', 'local/preview/style.ts'])('draws all colors readable in %s', file => {
    const cards = [...readFileSync(file, 'utf8').matchAll(/--card: (#[0-9a-f]{6});/g)].map(
      ([, card]) => card,
    );

    expect(cards.length).toBeGreaterThan(0);
    for (const card of cards) {
      for (const color of [...AGENT_COLORS, ...TOTAL_COLORS]) {
        expect(contrast(color, card)).toBeGreaterThanOrEqual(MIN_CONTRAST);
      }
    }
  });

  test.each(Object.entries(VISION))('gives two totals distinguishable colors with %s', (_name, matrix) => {
    expect(smallestDifference(TOTAL_COLORS.slice(1), matrix)).toBeGreaterThan(MIN_DIFFERENCE);
  });

  test('gives fourteen agents and the totals different colors', () => {
    expect(new Set([...AGENT_COLORS, ...TOTAL_COLORS]).size).toBe(17);
  });

  test('gives an agent the color of its place in the list, and repeats after fourteen agents', () => {
    const agents = Array.from({ length: 15 }, (_, index) => `a${index}`);

    expect(agents.map(agent => agentColor(agents, agent))).toEqual([...AGENT_COLORS, AGENT_COLORS[0]]);
  });
});
