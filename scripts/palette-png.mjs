// Makes a PNG picture smaller: keeps at most 256 colors, as a palette. For screenshots, which have few colors
// besides the smoothed edges of text and lines.
import { crc32, deflateSync, inflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const MAX_COLORS = 256;
/** Bits of each color channel that distinguish colors. Colors that differ less become one color. */
const KEPT_BITS = 5;

/**
 * Returns a PNG with a palette of the most frequent colors. Each other color becomes the nearest color of the
 * palette.
 *
 * @param {Buffer} png picture with 8 bits for each channel, without interlacing, as Chromium writes it
 * @throws if the picture has another format
 */
export function palettePng(png) {
  const { width, height, channels, rows } = decode(png);
  const groups = new Map();
  const keys = new Uint32Array(width * height);
  const shift = 8 - KEPT_BITS;
  for (let pixel = 0; pixel < keys.length; pixel += 1) {
    const at = pixel * channels;
    const [red, green, blue] = [rows[at], rows[at + 1], rows[at + 2]];
    const color = (red << 16) | (green << 8) | blue;
    keys[pixel] = color;
    const group = ((red >> shift) << 16) | ((green >> shift) << 8) | (blue >> shift);
    const colors = groups.get(group) ?? new Map();
    colors.set(color, (colors.get(color) ?? 0) + 1);
    groups.set(group, colors);
  }
  const palette = [...groups.values()]
    .map(colors => {
      const [most] = [...colors].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
      return { color: most[0], count: [...colors.values()].reduce((sum, count) => sum + count, 0) };
    })
    .sort((a, b) => b.count - a.count || a.color - b.color)
    .slice(0, MAX_COLORS)
    .map(({ color }) => color);
  const nearest = new Map();
  const indexOf = color => {
    const known = nearest.get(color);
    if (known !== undefined) return known;
    let [best, least] = [0, Infinity];
    palette.forEach((candidate, index) => {
      const distance = distanceOf(color, candidate);
      if (distance < least) [best, least] = [index, distance];
    });
    nearest.set(color, best);
    return best;
  };
  const lines = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) lines[y * (width + 1) + 1 + x] = indexOf(keys[y * width + x]);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // 8 bits for each pixel, with a palette (color type 3).
  header.set([8, 3, 0, 0, 0], 8);
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(palette.flatMap(color => [color >> 16, (color >> 8) & 255, color & 255]))),
    chunk('IDAT', deflateSync(lines, { level: 9, memLevel: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function decode(png) {
  if (!png.subarray(0, 8).equals(SIGNATURE)) throw new Error('the picture must be a PNG');
  const data = [];
  let header;
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at);
    const type = png.toString('latin1', at + 4, at + 8);
    const body = png.subarray(at + 8, at + 8 + length);
    if (type === 'IHDR') header = body;
    if (type === 'IDAT') data.push(body);
    at += length + 12;
  }
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const [depth, colorType, , , interlace] = header.subarray(8);
  const channels = { 2: 3, 6: 4 }[colorType];
  if (depth !== 8 || channels === undefined || interlace !== 0) {
    throw new Error('the picture must have 8 bits for each channel, in RGB or RGBA, without interlacing');
  }
  return {
    width,
    height,
    channels,
    rows: unfiltered(inflateSync(Buffer.concat(data)), width, height, channels),
  };
}

/** Undoes the filter of each row (PNG specification, "Filter types for filter method 0"). */
function unfiltered(filtered, width, height, channels) {
  const size = width * channels;
  const rows = Buffer.alloc(size * height);
  for (let y = 0; y < height; y += 1) {
    const filter = filtered[y * (size + 1)];
    for (let x = 0; x < size; x += 1) {
      const at = y * size + x;
      const left = x >= channels ? rows[at - channels] : 0;
      const up = y > 0 ? rows[at - size] : 0;
      const corner = x >= channels && y > 0 ? rows[at - size - channels] : 0;
      const predicted = [0, left, up, (left + up) >> 1, filter === 4 ? paeth(left, up, corner) : 0][filter];
      rows[at] = filtered[y * (size + 1) + 1 + x] + predicted;
    }
  }
  return rows;
}

function paeth(left, up, corner) {
  const estimate = left + up - corner;
  const [toLeft, toUp, toCorner] = [left, up, corner].map(value => Math.abs(estimate - value));
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}

function distanceOf(a, b) {
  const [red, green, blue] = [16, 8, 0].map(shift => ((a >> shift) & 255) - ((b >> shift) & 255));
  return red * red + green * green + blue * blue;
}

function chunk(type, body) {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), body]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(body.length);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, check]);
}
