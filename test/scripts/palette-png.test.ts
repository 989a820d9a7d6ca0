import { deflateSync } from 'node:zlib';
import { REPOSITORY, runOk } from '../support/run';

/** Returns a PNG chunk without its check sum, which `palettePng` does not read. */
function chunk(type: string, body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, Buffer.from(type, 'latin1'), body, Buffer.alloc(4)]);
}

test('palettePng keeps each pixel of a picture with filtered rows and few colors', async () => {
  // Three rows of two RGB pixels: red and blue. Their filter types are 0, 1 and 2.
  const rows = [0, 255, 0, 0, 0, 0, 255, 1, 255, 0, 0, 1, 0, 255, 2, 0, 0, 0, 0, 0, 0];
  const header = Buffer.from([0, 0, 0, 2, 0, 0, 0, 3, 8, 2, 0, 0, 0]);
  const png = Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.from(rows))),
    chunk('IEND', Buffer.alloc(0)),
  ]);

  const stdout = await runOk('node', [
    '--input-type=module',
    '--eval',
    `import { palettePng } from '${REPOSITORY}/scripts/palette-png.mjs';
     import { inflateSync } from 'node:zlib';
     const png = palettePng(Buffer.from('${png.toString('hex')}', 'hex'));
     const at = type => png.indexOf(type) + 4;
     const bodyOf = type => png.subarray(at(type), at(type) + png.readUInt32BE(at(type) - 8));
     console.log(JSON.stringify([[...bodyOf('PLTE')], [...inflateSync(bodyOf('IDAT'))]]));`,
  ]);

  // The palette has the most frequent color first, and red and blue are equally frequent.
  expect(JSON.parse(stdout)).toEqual([
    [0, 0, 255, 255, 0, 0],
    [0, 1, 0, 0, 1, 0, 0, 1, 0],
  ]);
});
